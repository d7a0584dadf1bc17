"""What waiting costs: 100,000 updates of distinct events, all accepted, none to be sent.

    DPLSYNC_BUILD=build/release tests/support/python tests/bench/writer_memory.py
"""

import uuid as uuids

from bench import finish, verdict, world

SITES, EVENTS = 5, 20_000
LIMIT_MB = 150


def updates():
    for event in range(EVENTS):
        for site in range(SITES):
            link = f"https://tickets.example/site{site}/events/{event}"
            yield f"site{site}", {"municipality": f"site{site}", "uuid": str(uuids.UUID(int=event + 1)),
                                  "external_data": {"url": link, "admin_url": link + "/admin"}}


def main():
    with world() as pipeline:
        for site in range(SITES):
            pipeline.add(f"site{site}", {"write_queue_events": EVENTS})
        for path in pipeline.credentials.iterdir():
            path.unlink()
        pipeline.start("writer")
        writer = pipeline["writer"]
        empty = writer.resident_kb()
        pipeline.topics.send_all("updates", updates())
        pipeline.wait(lambda: sum(value for name, value in writer.metrics().items()
                                  if name.startswith("dplsync_writer_waiting_updates")) == SITES * EVENTS,
                      "all to wait", 120)
        resident = writer.resident_kb()
    print(f"{SITES * EVENTS:,} updates, {(resident - empty) * 1024 / (SITES * EVENTS):,.0f} bytes each; "
          f"{empty / 1024:.1f} MB before the first")
    verdict("resident", resident / 1024, "MB", f"under {LIMIT_MB}", resident / 1024 < LIMIT_MB)


if __name__ == "__main__":
    main()
    finish()
