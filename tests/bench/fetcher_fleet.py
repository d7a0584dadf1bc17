"""One process reads many sites: memory, CPU, and how late reads begin. 1,000 sites with 300 events
each, every one a host of its own, one poll a minute, mostly 304.

    DPLSYNC_BUILD=build/release tests/support/python tests/bench/fetcher_fleet.py [SITES [SECONDS]]
"""

import sys
import time

from bench import Meter, finish, histogram, prefer, verdict, world

EVENTS = 300
DELAYS = "dplsync_fetcher_start_delay_seconds"
RESIDENT_MB, CPU_PERCENT, DELAY_S, HELD_MS = 64, 15, 2, 20


def total(metrics, outcome):
    return sum(value for name, value in metrics.items()
               if name.startswith("dplsync_fetcher_fetches_total{") and f'outcome="{outcome}"' in name)


def add_sites(pipeline, count):
    started = time.monotonic()
    for number in range(count):
        name = f"site-{number}"
        handle = pipeline.site.control.create(name, generate=EVENTS, number=number)
        host = f"127.{1 + number // 65536}.{number // 256 % 256}.{number % 256 or 1}"
        pipeline.add_municipality(name, handle.base_url.replace("127.0.0.1", host),
                                  {"poll_interval": "1m", "fresh_every": "24h"})
    print(f"{count} sites with {EVENTS} events each: {time.monotonic() - started:.0f} s")


def latest_begin(before, after):
    """The bound of the highest bucket of delays that was hit between two looks, and how many reads
    began."""
    earlier = dict(histogram(before, DELAYS))
    buckets = [(bound, count - earlier.get(bound, 0)) for bound, count in histogram(after, DELAYS)]
    count = buckets[-1][1]
    return next(bound for bound, below in buckets if below == count), count


def main(sites, seconds):
    with world() as pipeline:
        add_sites(pipeline, sites)
        pipeline.start("fetcher")
        fetcher = pipeline["fetcher"]
        started = time.monotonic()
        pipeline.wait(lambda: total(fetcher.metrics(), "published") >= sites, "every first list", 120)
        print(f"every list published for the first time: {time.monotonic() - started:.1f} s, "
              f"{fetcher.resident_kb() / 1024:.0f} MB")
        pipeline.wait(lambda: total(fetcher.metrics(), "unchanged") >= sites, "every second read", 180)
        prefer(fetcher)
        fetcher.metrics()
        before, held, resident, meter = fetcher.metrics(), [], [], Meter(fetcher)
        while meter.read()[1] < seconds:
            time.sleep(5)
            held.append(fetcher.metrics()["dplsync_loop_longest_turn_seconds"] * 1000)
            resident.append(fetcher.resident_kb() / 1024)
        cpu, wall = meter.read()
        after = fetcher.metrics()
    reads = total(after, "unchanged") - total(before, "unchanged")
    print(f"{reads:.0f} reads in {wall:.0f} s found nothing new, "
          f"{total(after, 'published') - total(before, 'published'):.0f} a new list, "
          f"{total(after, 'failed'):.0f} failed")
    bound, begun = latest_begin(before, after)
    verdict("resident", max(resident), "MB", f"under {RESIDENT_MB}", max(resident) < RESIDENT_MB)
    percent = 100 * cpu / wall
    verdict("CPU", percent, "% of one core", f"under {CPU_PERCENT}", percent < CPU_PERCENT)
    verdict(f"{begun:.0f} reads began, each within", bound, "s", f"at most {DELAY_S}",
            bound <= DELAY_S)
    verdict("loop held, longest", max(held), "ms", f"at most {HELD_MS}", max(held) <= HELD_MS)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, int(sys.argv[2]) if len(sys.argv) > 2 else 60)
    finish()
