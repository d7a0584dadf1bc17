"""What the fetcher's tests look at: the records of `snapshots`, the requests that a site got, and the
lines of the log."""

LATER = "1h"  # an interval or a wait that no test sees the end of


def snapshots(pipeline, name=None):
    return [record for record in pipeline.topics.read("snapshots")
            if name is None or record.key == name]


def header(record, name):
    return record.headers.get("dplsync-" + name)


def whole(records):
    return [record for record in records if header(record, "unchanged") != "true"]


def uuids(record):
    return {event["uuid"] for event in record.json}


def wait_snapshots(pipeline, name, count, timeout=30):
    return pipeline.wait(lambda: (found := snapshots(pipeline, name)) and len(found) >= count and found,
                         f"{count} records of {name}", timeout)


def reads(handle, start=0):
    return handle.ledger(start, method="GET")


def outcomes(pipeline, name, outcome):
    return [line for line in pipeline["fetcher"].log_lines()
            if isinstance(line, dict) and line.get("message") == "list fetched" and
            line.get("municipality") == name and line.get("outcome") == outcome]


def wait_failure(pipeline, name, reason):
    return pipeline.wait(lambda: [line for line in outcomes(pipeline, name, "failed")
                                  if line["error.type"] == reason], f"{name} to fail: {reason}")[0]


def start_with(pipeline, settings=None, **site):
    handle = pipeline.add("aarhus", settings, **{"generate": 5, **site})
    pipeline.start("fetcher")
    return handle
