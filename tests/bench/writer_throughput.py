"""The writer beside a bare libcurl loop with as many in flight: 98 sites, limits opened, kept
connections, sites that answer after 0, 20, 50 and 200 ms. And what 10,000 PATCHes cost, and how much
memory is resident with 64 in flight and few that wait, at 20 ms, and while thousands wait.

    DPLSYNC_BUILD=build/release tests/support/python tests/bench/writer_throughput.py [DELAY_MS ...]

Kafka, Redis and the sites run on the same machine: at 0 ms it is the machine that is measured.
"""

import subprocess
import sys
import time

from bench import Meter, finish, verdict, world
from parts import build_directory
from pipeline import PASSWORD, USERNAME

SITES, IN_FLIGHT = 98, 64
EVENTS = {0: 100, 20: 100, 50: 50, 200: 20}  # of each site
OPENED = {"write_rate": 100_000, "write_burst": 100_000, "write_in_flight": IN_FLIGHT}


def rate_of(patches):
    """Under way: of the middle eight tenths, without how it begins and how the last sites end."""
    ends = sorted(patch["ended_us"] for patch in patches)
    first, last = len(ends) // 10, len(ends) * 9 // 10
    return (last - first) * 1e6 / (ends[last] - ends[first])


def urls_of(handles):
    """Round-robin over the sites, as the writer goes."""
    events = {name: list(handle.events()) for name, handle in handles.items()}
    return [(name, uuid) for row in zip(*([(name, uuid) for uuid in uuids] for name, uuids in events.items()))
            for name, uuid in row]


def run_bare(pipeline, control, targets):
    urls = "".join(f"{pipeline.municipalities[name]['base_url']}/api/v1/events/{uuid}?_format=json\n"
                   for name, uuid in targets)
    start = control.ledger_next()
    cpu = subprocess.run([build_directory() / "bin" / "dplsync-bare-patches", str(IN_FLIGHT),
                          f"{USERNAME}:{PASSWORD}"], input=urls, text=True, check=True,
                         stdout=subprocess.PIPE).stdout
    patches = control.ledger(start, method="PATCH")
    return rate_of(patches), float(cpu)


def run_writer(pipeline, control, targets, state):
    """It is ready when the updates come."""
    pipeline.start("writer")
    start = control.ledger_next()
    meter = Meter(pipeline["writer"])
    pipeline.topics.send_all("updates", ((name, {"municipality": name, "uuid": uuid, "state": state})
                                         for name, uuid in targets))
    resident = 0

    def all_sent():
        nonlocal resident
        resident = max(resident, pipeline["writer"].resident_kb())
        return control.ledger_next() - start >= len(targets)

    pipeline.wait(all_sent, "all to be sent", 120)
    cpu, _ = meter.read()
    pipeline.stop("writer")
    patches = control.ledger(start, method="PATCH")
    assert len(patches) == len(targets), f"{len(patches)} PATCHes of {len(targets)}"
    return rate_of(patches), cpu, resident / 1024


def few_waiting(control, targets, state):
    """No more updates than three times what may be in flight."""
    start = control.ledger_next()
    for number, (name, uuid) in enumerate(targets):
        while number - (control.ledger_next() - start) >= 3 * IN_FLIGHT:
            time.sleep(0.005)
        yield name, {"municipality": name, "uuid": uuid, "state": state}


def run_few(pipeline, control, targets):
    """Resident at most, in MB, while slots are taken and little waits."""
    pipeline.start("writer")
    start, resident = control.ledger_next(), []
    watched = (resident.append(pipeline["writer"].resident_kb()) or update
               for update in few_waiting(control, targets, "TicketSaleNotOpen"))
    pipeline.topics.send_all("updates", watched)
    pipeline.wait(lambda: control.ledger_next() - start >= len(targets), "all to be sent", 120)
    pipeline.stop("writer")
    return max(resident) / 1024


def main(delays):
    with world(ledger_entries=100_000) as pipeline:
        control = pipeline.site.control
        handles = {f"site{n:02}": pipeline.add(f"site{n:02}", OPENED, generate=max(EVENTS.values()),
                                               number=n + 1, future=True, keep_alive=True)
                   for n in range(SITES)}
        for number, municipality in enumerate(pipeline.municipalities.values()):
            municipality["base_url"] = municipality["base_url"].replace("127.0.0.1", f"127.0.1.{number + 1}")
        pipeline.config["writer"] = {"max_transfers": IN_FLIGHT}
        everything = urls_of(handles)
        for handle in handles.values():
            handle.fault("delay", method="PATCH", delay_ms=20)
        resident = run_few(pipeline, control, everything[:2000])
        verdict("resident with 64 in flight and few that wait", resident, "MB", "under 25", resident < 25)
        for number, delay_ms in enumerate(delays):
            targets = everything[:SITES * EVENTS[delay_ms]]
            for handle in handles.values():
                handle.clear_faults()
                if delay_ms:
                    handle.fault("delay", method="PATCH", delay_ms=delay_ms)
            bare, bare_cpu = run_bare(pipeline, control, targets)
            rate, cpu, resident = run_writer(pipeline, control, targets, ("Active", "Cancelled")[number % 2])
            print(f"{delay_ms} ms: {len(targets):,} PATCHes; bare {bare:,.0f}/s, writer {rate:,.0f}/s")
            verdict(f"{delay_ms} ms: of the bare loop's rate", 100 * rate / bare, "%", "at least 90",
                    rate / bare >= 0.9)
            verdict(f"{delay_ms} ms: CPU of 10,000 PATCHes", cpu * 10_000 / len(targets), "s",
                    f"under 1.0; the bare loop took {bare_cpu * 10_000 / len(targets):.2f}",
                    cpu * 10_000 / len(targets) < 1.0)
            print(f"{delay_ms} ms: resident while up to {len(targets):,} wait: {resident:.1f} MB")


if __name__ == "__main__":
    main([int(delay) for delay in sys.argv[1:]] or list(EVENTS))
    finish()
