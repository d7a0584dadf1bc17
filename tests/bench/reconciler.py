"""The reconciler: snapshot parts in Kafka to acknowledged changes and Redis written. One site of 5,000
events in the CMS's own bytes, told again and again: unchanged, with 1 % changed, with all changed; how
long that holds the event loop; what it takes in Redis; and how fast the state is rebuilt.

    DPLSYNC_BUILD=build/release tests/support/python tests/bench/reconciler.py [ROUNDS]
"""

import json
import statistics
import subprocess
import sys
import time
import urllib.request

from confluent_kafka import Producer
from redis import Redis

from bench import Meter, finish, prefer, verdict, world
from lists import Lists
from parts import build_directory

EVENTS, PART_BYTES = 5000, 900_000
# (what, events changed, µs of CPU an event at most)
SHARES = [("unchanged", 0, 13), ("1 % changed", EVENTS // 100, 14), ("all changed", EVENTS, 45)]
HELD_MS, BYTES_PLAIN, REBUILD_MB_S, REBUILD_S = 20, 250, 200, 2
REBUILDS = 5


def raw_events(handle):
    """The events of the site's list, each in its own bytes."""
    body = urllib.request.urlopen(f"{handle.base_url}/api/v1/events?_format=json").read().decode()
    decoder, events, at = json.JSONDecoder(), [], 1
    while body[at] != "]":
        at += body[at] == ","
        end = decoder.raw_decode(body, at)[1]
        events.append(body[at:end])
        at = end
    return events


def retitled(event, title):
    start = event.index('"title":"') + len('"title":"')
    return event[:start] + title + event[event.index('"', start):]


class Feed:
    """Lists in parts, as the fetcher cuts them, compressed as it compresses."""

    def __init__(self, pipeline, municipality):
        self.pipeline, self.municipality = pipeline, municipality
        self.lists = Lists(pipeline, municipality)
        self.producer = Producer(pipeline.topics.client(
            acks="all", partitioner="murmur2", **{"compression.type": "lz4", "linger.ms": 5,
                                                  "message.max.bytes": 1_000_000}))

    def publish(self, events):
        parts, size = [[]], 0
        for event in events:
            size += len(event) + 1
            if size > PART_BYTES:
                parts.append([])
                size = len(event) + 1
            parts[-1].append(event)
        _, headers = self.lists.parts([], fresh=False, events=str(len(events)))[0]
        for number, part in enumerate(parts, 1):
            self.producer.produce(
                self.pipeline.topics.name("snapshots"), key=self.municipality,
                value=f"[{','.join(part)}]".encode(),
                headers={**headers, "dplsync-part": str(number), "dplsync-parts": str(len(parts))})
        self.producer.flush(30)


class Reconciler:
    """The program; every look at its metrics tells the longest turn since the last look."""

    def __init__(self, service):
        self.service = service
        self.held_ms = 0

    def applied(self):
        metrics = self.service.metrics()
        self.held_ms = max(self.held_ms, metrics["dplsync_loop_longest_turn_seconds"] * 1000)
        return metrics.get('dplsync_reconciler_snapshots_total{municipality="aarhus",'
                           'outcome="applied"}', 0)


def changed_lists(events, kind, changed, rounds):
    return [[retitled(event, f"T{kind}-{number}") if place < changed else event
             for place, event in enumerate(events)] for number in range(rounds)]


def work(pipeline, reconciler, feed, rounds):
    """Lists that wait in Kafka are worked off; seconds of CPU, and the longest hold in ms."""
    before = reconciler.applied()
    reconciler.held_ms = 0
    meter = Meter(reconciler.service)
    for events in rounds:
        feed.publish(events)
    pipeline.wait(lambda: reconciler.applied() == before + len(rounds), "the lists to be applied", 300)
    return meter.read()[0], reconciler.held_ms


def measure_throughput(pipeline, reconciler, feed, events, rounds):
    for kind, (what, changed, limit) in enumerate(SHARES):
        cpu, _ = work(pipeline, reconciler, feed, changed_lists(events, kind, changed, rounds))
        cost = cpu / rounds / EVENTS * 1e6
        verdict(what, cost, "µs of CPU an event", f"at most {limit}", cost <= limit)
        work(pipeline, reconciler, feed, [events])


def measure_holds(pipeline, reconciler, feed, events):
    """With real-time priority, where librdkafka's threads burn more CPU than they need."""
    preferred = prefer(reconciler.service)
    for kind, (what, changed, _) in enumerate(SHARES):
        _, held_ms = work(pipeline, reconciler, feed, changed_lists(events, f"h{kind}", changed, 3))
        verdict(f"{what}: loop held, longest", held_ms, "ms", f"at most {HELD_MS}", held_ms <= HELD_MS)
    if not preferred:
        print("(the holds include other work of the machine)")


def measure_redis(redis):
    """Bytes an event; with links and ledger: reconciler_memory.py."""
    state = redis.memory_usage("{aarhus}:s", samples=0) / EVENTS
    verdict("{m}:s", state, "bytes an event without a link", f"under {BYTES_PLAIN}",
            state < BYTES_PLAIN)


def rebuild(pipeline, reconciler, redis):
    """Seconds from the decision to the end of the partition, and of CPU."""
    def lines():
        return [line for line in reconciler.service.log_lines()
                if line.get("message") == "changes were read for a rebuild"]

    before = len(lines())
    redis.flushdb()
    meter = Meter(reconciler.service)
    pipeline.command("aarhus", command="reassert", id=f"look-{before}")
    line = pipeline.wait(lambda: lines()[before:], "the rebuild", 120)[0]
    return line["ms"] / 1000, meter.read()[0]


def bare_rebuild(pipeline, partition):
    """The same of librdkafka alone, with the properties that io/kafka_config.c gives a reader."""
    properties = {"bootstrap.servers": pipeline.kafka.bootstrap, "fetch.max.bytes": 16777216,
                  "queued.max.messages.kbytes": 65536, "fetch.wait.max.ms": 50,
                  "isolation.level": "read_committed", "socket.nagle.disable": "true"}
    line = subprocess.run([build_directory() / "bin" / "dplsync-bare-log", pipeline.topics.name("changes"),
                           str(partition), *(f"{name}={value}" for name, value in properties.items())],
                          text=True, check=True, stdout=subprocess.PIPE).stdout.split()
    return float(line[2]), float(line[3])


def measure_rebuild(pipeline, reconciler, redis):
    """Everything that was told so far is read again, by both in turn. MB are those of the values, as
    they are before compression."""
    told = pipeline.topics.read("changes")
    partition = next(record.partition for record in told if record.key == "aarhus")
    megabytes = sum(len(record.value) for record in told if record.value) / 1e6
    del told
    runs = [(*rebuild(pipeline, reconciler, redis), *bare_rebuild(pipeline, partition))
            for _ in range(REBUILDS)]
    seconds, cpu, bare_seconds, bare_cpu = (statistics.median(column) for column in zip(*runs))
    verdict(f"rebuild ({megabytes:.0f} MB)", megabytes / seconds, "MB/s", f"at least {REBUILD_MB_S}",
            megabytes / seconds >= REBUILD_MB_S)
    print(f"  {megabytes / cpu:.0f} MB a second of CPU; librdkafka alone: {megabytes / bare_seconds:.0f} "
          f"MB/s, {megabytes / bare_cpu:.0f} MB a second of CPU")


def measure_small_rebuild(pipeline, reconciler, feed, redis, events):
    """A municipality alone, each event told once: from the loss until its next list is told."""
    cpu, _ = work(pipeline, reconciler, feed, [events])
    redis.flushdb()
    started = time.monotonic()
    pipeline.command("aarhus", command="reassert", id="look")
    pipeline.wait(lambda: redis.hlen("{aarhus}:s") >= EVENTS and redis.hget("{aarhus}:m", "offset"),
                  "the state to be whole again", 60)
    seconds = time.monotonic() - started
    verdict("rebuild of 5,000 events alone", seconds, "s", f"under {REBUILD_S}", seconds < REBUILD_S)


def run(rounds):
    with world(partitions=6) as pipeline:
        handle = pipeline.add("aarhus", generate=EVENTS, future=True)
        events = raw_events(handle)
        print(f"{len(events)} events, {sum(map(len, events)) / 1e6:.1f} MB; {rounds} lists of each kind")
        pipeline.config["defaults"]["reassert_every"] = "29d"
        pipeline.start("reconciler")
        reconciler, feed = Reconciler(pipeline["reconciler"]), Feed(pipeline, "aarhus")
        with Redis(port=pipeline.redis.port, db=pipeline.database) as redis:
            measure_small_rebuild(pipeline, reconciler, feed, redis, events)
            work(pipeline, reconciler, feed, [events])
            measure_throughput(pipeline, reconciler, feed, events, rounds)
            measure_holds(pipeline, reconciler, feed, events)
            measure_redis(redis)
            measure_rebuild(pipeline, reconciler, redis)


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
    finish()
