"""One large list, from the request to Kafka's acknowledgement: events a second of one core, and how long
the event loop is held. 5,000 events, 18 MB, gzip, lz4; published again and again by `refresh`.

    DPLSYNC_BUILD=build/release tests/support/python tests/bench/fetcher_list.py [ROUNDS]
"""

import sys

from bench import Meter, finish, prefer, verdict, world

EVENTS, LATER = 5000, "1h"
EVENTS_A_SECOND, HELD_MS = 30_000, 20


class Fetcher:
    """The program; every look at its metrics tells the longest turn since the last look."""

    def __init__(self, service):
        self.service = service
        self.held_ms = 0

    def published(self):
        metrics = self.service.metrics()
        self.held_ms = max(self.held_ms, metrics["dplsync_loop_longest_turn_seconds"] * 1000)
        return metrics.get('dplsync_fetcher_fetches_total{municipality="aarhus",outcome="published"}', 0)


def publish(pipeline, fetcher, number):
    """How long the loop was held at most meanwhile, in ms."""
    before, fetcher.held_ms = fetcher.published(), 0
    pipeline.command("aarhus", command="refresh", full=True, id=f"r{number}")
    pipeline.wait(lambda: fetcher.published() > before, "the list to be published")
    return fetcher.held_ms


def main(rounds):
    with world(partitions=6) as pipeline:
        pipeline.add("aarhus", {"poll_interval": LATER}, generate=EVENTS)
        pipeline.start("fetcher")
        fetcher = Fetcher(pipeline["fetcher"])
        pipeline.wait(lambda: fetcher.published() >= 1, "the first list")
        publish(pipeline, fetcher, 0)
        preferred = prefer(fetcher.service)
        meter = Meter(fetcher.service)
        held = [publish(pipeline, fetcher, number) for number in range(1, rounds + 1)]
        cpu, wall = meter.read()
        lines = [line for line in fetcher.service.log_lines() if line.get("outcome") == "published"]
    print(f"{lines[-1]['events']} events, {lines[-1]['bytes'] / 1e6:.1f} MB; {rounds} times, {wall:.1f} s")
    rate = rounds * EVENTS / cpu
    verdict("throughput", rate, "events/s of one core", f"at least {EVENTS_A_SECOND:,}",
            rate >= EVENTS_A_SECOND)
    verdict("loop held, longest", max(held), "ms", f"at most {HELD_MS}", max(held) <= HELD_MS)
    print("loop held, each round:", " ".join(f"{ms:.1f}" for ms in held),
          "" if preferred else "(other work of the machine included)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
    finish()
