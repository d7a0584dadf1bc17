"""What a site costs: CPU and memory of each program, bytes in Redis and at Kafka.

    DPLSYNC_BUILD=build/release tests/support/python tests/bench/site_cost.py [SITES [EVENTS]]

Sites with so many events each are read once whole, and then every second without news, which is how
nearly all reads are. The sites are those of tests/support/site; all of it runs on one machine.
"""

import sys
import time
from pathlib import Path

import redis

from bench import Meter, world
from pipeline import PROGRAMS

SITES, EVENTS = 50, 400
QUIET_SECONDS = 20


def total(service, name):
    """Of all series of a name."""
    return sum(value for series, value in service.metrics().items() if series.partition("{")[0] == name)


def bytes_at_kafka(pipeline, topic):
    """Of the segments of all partitions."""
    return sum(path.stat().st_size for path in Path(pipeline.kafka.data).glob(f"{pipeline.topics.name(topic)}-*/*.log"))


def bytes_in_redis(pipeline):
    with redis.Redis(port=pipeline.redis.port, db=pipeline.database) as link:
        return sum(link.memory_usage(key, samples=0) for key in link.scan_iter(count=1000))


def say(what, figure, unit):
    print(f"{what:<52} {figure:>12,.1f} {unit}")


def read_whole(pipeline, sites, events):
    meters = {name: Meter(pipeline[name]) for name in ("fetcher", "reconciler")}
    pipeline.wait(lambda: total(pipeline["reconciler"], "dplsync_reconciler_known_events") == sites * events,
                  "every event to be told", 120)
    for name, meter in meters.items():
        say(f"{name}: a list of {events} events, read and told whole", meter.read()[0] * 1000 / sites, "ms CPU")
    say("Kafka: a list, whole (snapshots)", bytes_at_kafka(pipeline, "snapshots") / sites / 1000, "kB")
    say("Kafka: an event, told (changes)", bytes_at_kafka(pipeline, "changes") / sites / events, "bytes")
    say("Redis: an event", bytes_in_redis(pipeline) / sites / events, "bytes")


def read_quietly(pipeline):
    """Reads that bring nothing new."""
    meters = {name: Meter(pipeline[name]) for name in ("fetcher", "reconciler")}
    before = total(pipeline["fetcher"], "dplsync_fetcher_fetches_total")
    bytes_before = bytes_at_kafka(pipeline, "snapshots")
    time.sleep(QUIET_SECONDS)
    reads = total(pipeline["fetcher"], "dplsync_fetcher_fetches_total") - before
    for name, meter in meters.items():
        say(f"{name}: a read without news", meter.read()[0] * 1e6 / reads, "µs CPU")
    say("Kafka: a read without news (snapshots)", (bytes_at_kafka(pipeline, "snapshots") - bytes_before) / reads, "bytes")


def main():
    given = [int(word) for word in sys.argv[1:3]]
    sites, events = [*given, *(SITES, EVENTS)[len(given):]]
    with world() as pipeline:
        for site in range(sites):
            pipeline.add(f"site{site}", {"poll_interval": "1s"}, generate=events, number=site + 1, future=True)
        pipeline.start()
        read_whole(pipeline, sites, events)
        read_quietly(pipeline)
        for name in PROGRAMS:
            say(f"{name}: resident", pipeline[name].resident_kb() / 1024, "MB")


if __name__ == "__main__":
    main()
