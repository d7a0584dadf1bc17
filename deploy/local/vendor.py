#!/usr/bin/env python3
"""An example vendor, as small as a real one can begin.

It follows `changes`, keeps a table of its own, answers every new event with its ticket links and,
after a while, reports the soonest event of each library as sold out. Two rules make it safe, whatever is
delivered twice, late or again from the start:

1. A change is applied only if its version is greater than the one in the table. Nothing else is
   needed against replays, duplicates and rebalances.
2. First Kafka acknowledges what we sent, then our table is committed, then the offset of what we
   read. A crash in between repeats something and loses nothing.

    python3 vendor.py --bootstrap-servers kafka:9092 --database vendor.sqlite
"""

import argparse
import json
import signal
import sqlite3
import time

from confluent_kafka import Consumer, Producer

SHOP = "https://tickets.example"

TABLE = """
create table if not exists events (
    municipality text, uuid text, version integer not null,
    title text, starts text, on_sale integer not null default 0, sold_out integer not null default 0,
    first_seen real not null, primary key (municipality, uuid))
"""


class Vendor:
    def __init__(self, arguments):
        self.refused = None
        self.topics = {name: arguments.prefix + name for name in ("changes", "updates")}
        self.sell_out_after = arguments.sell_out_after
        self.table = sqlite3.connect(arguments.database)
        self.table.execute(TABLE)
        kafka = {"bootstrap.servers": arguments.bootstrap_servers}
        self.consumer = Consumer({**kafka, "group.id": arguments.group, "enable.auto.commit": False,
                                  "auto.offset.reset": "earliest"})
        # All records of a municipality belong in one partition: dplsync reads them in that order.
        self.producer = Producer({**kafka, "partitioner": "murmur2_random", "enable.idempotence": True})

    def run(self):
        self.consumer.subscribe([self.topics["changes"]])
        self.running = True
        while self.running:
            batch = self.consumer.consume(num_messages=500, timeout=0.5)
            for message in batch:
                if not message.error():
                    self.take(message)
            self.sell_out()
            self.producer.flush()
            if self.refused:
                raise SystemExit(f"Kafka did not take an update: {self.refused}")
            self.table.commit()
            if batch:
                self.consumer.commit(asynchronous=False)
        self.consumer.close()

    def take(self, message):
        if message.value() is None:  # a tombstone: deleted 30 days ago
            municipality, _, uuid = message.key().decode().partition("/")
            self.table.execute("delete from events where municipality = ? and uuid = ?", (municipality, uuid))
            return
        change = json.loads(message.value())
        if change["op"] != "snapshot" and self.is_new(change):
            self.apply(change)

    def is_new(self, change):
        """The version rule."""
        row = self.table.execute("select version from events where municipality = ? and uuid = ?",
                                 (change["municipality"], change["uuid"])).fetchone()
        return row is None or change["version"] > row[0]

    def apply(self, change):
        event = change.get("event") or {}
        self.table.execute(
            "insert into events (municipality, uuid, version, title, starts, on_sale, first_seen) "
            "values (?, ?, ?, ?, ?, ?, ?) on conflict do update set version = excluded.version, "
            "title = coalesce(excluded.title, title), starts = excluded.starts, on_sale = excluded.on_sale",
            (change["municipality"], change["uuid"], change["version"], event.get("title"),
             event.get("date_time", {}).get("start"), change["op"] != "delete", time.time()))
        if change["op"] == "create":
            self.send(change["municipality"], change["uuid"], external_data={
                "url": f"{SHOP}/e/{change['uuid']}", "admin_url": f"{SHOP}/admin/e/{change['uuid']}"})

    def sell_out(self):
        """The soonest event of each library is popular: it sells out after a while on sale."""
        soonest = self.table.execute("select municipality, uuid, first_seen, sold_out, min(starts) "
                                     "from events where on_sale group by municipality").fetchall()
        for municipality, uuid, first_seen, sold_out, _ in soonest:
            if not sold_out and first_seen < time.time() - self.sell_out_after:
                self.send(municipality, uuid, state="SoldOut")
                self.table.execute("update events set sold_out = 1 where municipality = ? and uuid = ?",
                                   (municipality, uuid))

    def send(self, municipality, uuid, **wish):
        self.producer.produce(self.topics["updates"], key=municipality,
                              value=json.dumps({"municipality": municipality, "uuid": uuid, **wish}),
                              on_delivery=self.delivered)

    def delivered(self, error, _):
        self.refused = self.refused or error

    def stop(self, *_):
        self.running = False


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--bootstrap-servers", default="localhost:9092")
    parser.add_argument("--database", default="vendor.sqlite")
    parser.add_argument("--prefix", default="dplsync.", help="of the topics' names (default: %(default)s)")
    parser.add_argument("--group", default="vendor", help="consumer group (default: %(default)s)")
    parser.add_argument("--sell-out-after", type=float, default=60.0, metavar="SECONDS",
                        help="when an event is reported as sold out (default: %(default)s)")
    vendor = Vendor(parser.parse_args())
    signal.signal(signal.SIGTERM, vendor.stop)
    signal.signal(signal.SIGINT, vendor.stop)
    vendor.run()


if __name__ == "__main__":
    main()
