"""Lists as a fetcher publishes them, written by a test: so it decides what comes when."""

import hashlib
import json
import time
from datetime import datetime, timedelta, timezone
from uuid import UUID


def moment(ms):
    text = datetime.fromtimestamp(ms / 1000, timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def event(number, title="An evening", **members):
    """Event `number` of a site: an evening two months from now."""
    start = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=60)
    return {"uuid": str(UUID(int=number)), "title": title, "ticket_manager_relevance": True,
            "date_time": {"start": start.isoformat(), "end": (start + timedelta(hours=2)).isoformat()},
            "external_data": {}, **members}


class Lists:
    """
        lists = Lists(pipeline, "aarhus")
        lists.publish([event(1), event(2)], fresh=True)
    """

    def __init__(self, pipeline, municipality):
        self.pipeline = pipeline
        self.municipality = municipality
        self.serial = 0

    def parts(self, events, /, parts=1, fresh=True, **changed):
        """(value, headers) of every part; `changed` are headers that are to be otherwise."""
        self.serial += 1
        now_ms = int(time.time() * 1000)
        body = json.dumps(events).encode()
        size = -(-len(events) // parts) or 1
        pieces = [events[i:i + size] for i in range(0, max(len(events), 1), size)]
        return [(json.dumps(piece).encode(), {
            "dplsync-snapshot-id": f"{self.municipality}-{now_ms}-{self.serial}",
            "dplsync-fetch-seq": str(now_ms), "dplsync-as-of": moment(now_ms),
            "dplsync-fetched-at": moment(now_ms), "dplsync-part": str(number),
            "dplsync-parts": str(len(pieces)), "dplsync-events": str(len(events)),
            "dplsync-sha256": hashlib.sha256(body).hexdigest(), "dplsync-complete": "true",
            "dplsync-fresh": "true" if fresh else "false", "dplsync-unreadable": "0",
            **{f"dplsync-{name.replace('_', '-')}": value for name, value in changed.items()},
        }) for number, piece in enumerate(pieces, 1)]

    def send(self, part):
        """One part; its place."""
        value, headers = part
        return self.pipeline.topics.send("snapshots", self.municipality, value, headers)

    def publish(self, events, /, parts=1, fresh=True, **changed):
        """All parts; the place of the last."""
        return [self.send(part) for part in self.parts(events, parts, fresh, **changed)][-1]
