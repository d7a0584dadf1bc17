"""The reconciler with 3,000,000 known events in 3,000 municipalities: what its process takes, and what an
event takes in Redis, with its links and the writer's ledger beside it.

One municipality's list is told for real; the others get copies of its state, so that the run is short.
Then a hundred of them get a list at once.

    DPLSYNC_BUILD=build/release tests/support/python tests/bench/reconciler_memory.py
"""

from pathlib import Path

from redis import Redis

from bench import finish, verdict, world
from lists import Lists, event

MUNICIPALITIES, EVENTS, LISTS = 3000, 1000, 100
PROCESS_MB, WHOLE_BYTES = 300, 600
VERSION = 1099511628211


def peak_mb(service):
    status = Path(f"/proc/{service.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def linked(number):
    """With a series, as most are, and the vendor's links."""
    url = f"https://tickets.example.com/events/{number:08}"
    return event(number, series={"uuid": f"00000000-0000-4000-9000-{number % 97:012}"}, state="Active",
                 external_data={"url": url, "admin_url": url.replace("events", "admin/events")})


def ledger_entry(item):
    """As the writer keeps it (common/model/ledger_line.h)."""
    links = item["external_data"]
    return (f"1 c=1.{VERSION - 2 ** 40} state=Active url={links['url']} admin_url={links['admin_url']} "
            "touched=1772355600000\n")


def copy_state(redis, name):
    """Its state for all the others."""
    for key in ("m", "s"):
        dump = redis.dump(f"{{{name(0)}}}:{key}")
        for start in range(1, MUNICIPALITIES, 50):
            with redis.pipeline(transaction=False) as batch:
                for number in range(start, min(start + 50, MUNICIPALITIES)):
                    batch.restore(f"{{{name(number)}}}:{key}", 0, dump)
                batch.execute()


def run(pipeline, redis):
    def name(number):
        return f"m-{number}"

    events = [linked(number) for number in range(EVENTS)]
    reconciler = pipeline.service("reconciler")
    pipeline.config["defaults"]["reassert_every"] = "29d"
    pipeline.add_municipality(name(0), "https://www.aakb.dk")
    pipeline.start("reconciler")
    Lists(pipeline, name(0)).publish(events)
    pipeline.wait(lambda: redis.hlen(f"{{{name(0)}}}:s") == EVENTS and
                  redis.hget(f"{{{name(0)}}}:m", "digest"), "the first list to be applied")
    reconciler.stop()

    redis.hset(f"{{{name(0)}}}:w", mapping={item["uuid"]: ledger_entry(item) for item in events})
    state, ledger = (redis.memory_usage(f"{{{name(0)}}}:{key}", samples=0) / EVENTS for key in "sw")
    verdict("{m}:s and {m}:w", state + ledger, f"bytes an event: {state:.0f} with links, {ledger:.0f} "
            "of ledger", f"under {WHOLE_BYTES}", state + ledger < WHOLE_BYTES)

    copy_state(redis, name)
    for number in range(1, MUNICIPALITIES):
        pipeline.municipalities[name(number)] = {"id": name(number), "base_url": "https://www.aakb.dk"}
    pipeline.start("reconciler")
    known = [f'dplsync_reconciler_known_events{{municipality="{name(n)}"}}' for n in range(MUNICIPALITIES)]
    pipeline.wait(lambda: all(map(reconciler.metrics().get, known)), "all to be known", 120)
    print(f"{MUNICIPALITIES} municipalities, {MUNICIPALITIES * EVENTS:,} events; at rest "
          f"{reconciler.resident_kb() / 1024:.0f} MB")
    for number in range(LISTS):
        Lists(pipeline, name(number)).publish([{**events[0], "title": "Another"}, *events[1:]])
    pipeline.wait(lambda: len(pipeline.changes(op="update")) >= LISTS, "the lists to be told", 120)
    peak = peak_mb(reconciler)
    verdict("process, at its peak", peak, "MB", f"under {PROCESS_MB}", peak < PROCESS_MB)


if __name__ == "__main__":
    with world(partitions=1) as pipeline, \
            Redis(port=pipeline.redis.port, db=pipeline.database) as redis:
        run(pipeline, redis)
    finish()
