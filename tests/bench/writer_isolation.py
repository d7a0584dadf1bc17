"""One bad site beside 97 good ones: 98 sites at 20 ms, limits opened, 500 updates/s in pairs for one
event; then one site hangs for 10 s a request, then one answers 503 with Retry-After: 30. Figures are
from the update's record to its result, of the other 97; each phase compares with the good ones before
and after it.

    DPLSYNC_BUILD=build/release tests/support/python tests/bench/writer_isolation.py [CAP ...]
"""

import statistics
import sys
import time
from collections import defaultdict
from datetime import datetime

from bench import finish, verdict, world

SITES, DELAY_MS, PAIRS_A_SECOND, SECONDS, EVENTS = 98, 20, 250, 12, 60
WORSE_AT_MOST = 1.2


def latency_ms(result):
    finished, wished = (datetime.fromisoformat(result[name]) for name in ("finished_at", "wished_at"))
    return (finished - wished).total_seconds() * 1000


def pairs(events, number):
    """A link and a state for one event, 250 times a second over all sites, in time."""
    start = time.monotonic()
    for pair in range(PAIRS_A_SECOND * SECONDS):
        time.sleep(max(0, start + pair / PAIRS_A_SECOND - time.monotonic()))
        name = f"site{pair % SITES:02}"
        uuid = events[name][(pair // SITES) % EVENTS]
        link = f"https://tickets.example/{number}/{pair}"
        yield name, {"municipality": name, "uuid": uuid, "external_data": {"url": link, "admin_url": link}}
        yield name, {"municipality": name, "uuid": uuid, "state": ("Active", "SoldOut")[(number + pair) % 2]}


def phase(pipeline, events, number, bad):
    """p99 in ms of all sites but the bad one, once all of theirs has ended."""
    before = len(pipeline.results())
    pipeline.topics.send_all("updates", pairs(events, number))
    others = 2 * sum(f"site{pair % SITES:02}" != bad for pair in range(PAIRS_A_SECOND * SECONDS))

    def of_others():
        found = [result for result in pipeline.results()[before:] if result["municipality"] != bad]
        return found if len(found) >= others else None

    found = pipeline.wait(of_others, "the good sites' results", 60)
    return p99_ms(found)


def p99_ms(results):
    """The median of every second's p99: a machine that stalls once does not decide."""
    seconds = defaultdict(list)
    for result in results:
        seconds[result["wished_at"][:19]].append(latency_ms(result))
    full = [sorted(values) for values in seconds.values() if len(values) > PAIRS_A_SECOND]
    return statistics.median(values[len(values) * 99 // 100] for values in full)


def heal(pipeline, handle):
    """The next phase begins when the last is over for the bad site, too."""
    handle.clear_faults()
    handle.fault("delay", method="PATCH", delay_ms=DELAY_MS)
    waiting = f'dplsync_writer_waiting_updates{{municipality="{handle.name}"}}'
    pipeline.wait(lambda: pipeline["writer"].metrics().get(waiting) == 0, f"{handle.name} to be done", 180)


def pauses(handle, start):
    """Requests that came more than a second after the first 503: none, in its pause."""
    patches = handle.patches(start=start)
    first = min(patch["ended_us"] for patch in patches)
    return sum(patch["started_us"] > first + 1_000_000 for patch in patches)


def measure(pipeline, handles, events, cap):
    bad = {"hanging": handles["site17"], "pausing": handles["site42"]}
    spoil = {"hanging": lambda site: site.fault("delay", method="PATCH", delay_ms=10_000),
             "pausing": lambda site: site.answer_with(503, "", "text/html", method="PATCH", executes=False,
                                                      headers={"Retry-After": "30"})}
    number = 0
    good = phase(pipeline, events, number, None)
    for kind, handle in bad.items():
        start = handle.control.ledger_next()
        handle.clear_faults()
        spoil[kind](handle)
        number += 1
        p99 = phase(pipeline, events, number, handle.name)
        asked = pauses(handle, start) if kind == "pausing" else 0
        heal(pipeline, handle)
        number += 1
        after = phase(pipeline, events, number, None)
        base = (good + after) / 2
        print(f"cap {cap}, {kind}: p99 {p99:.0f} ms; without: {good:.0f} ms before, {after:.0f} ms after")
        verdict(f"cap {cap}, {kind}: p99 of the others", 100 * p99 / base - 100, "% more", "under 20",
                p99 / base < WORSE_AT_MOST)
        if kind == "pausing":
            verdict(f"cap {cap}: requests in the pause", asked, "", "none", asked == 0)
        good = after


def main(caps):
    with world(ledger_entries=200_000) as pipeline:
        opened = {"write_rate": 100_000, "write_burst": 100_000}
        handles = {f"site{n:02}": pipeline.add(f"site{n:02}", opened, generate=EVENTS, number=n + 1,
                                               future=True, keep_alive=True) for n in range(SITES)}
        events = {name: list(handle.events()) for name, handle in handles.items()}
        for handle in handles.values():
            handle.fault("delay", method="PATCH", delay_ms=DELAY_MS)
        for cap in caps:
            for settings in pipeline.municipalities.values():
                settings["write_in_flight"] = cap
            pipeline.start("writer")
            measure(pipeline, handles, events, cap)
            pipeline.stop("writer")


if __name__ == "__main__":
    main([int(cap) for cap in sys.argv[1:]] or [32, 64])
    finish()
