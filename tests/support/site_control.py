"""The control API of the simulated sites, for Python. What can be said stands in site/control.h."""

import http.client
import json
import ssl
import time
from pathlib import Path
from urllib.parse import urlencode, urlsplit

SAMPLES = Path(__file__).resolve().parent / "samples"


class ControlError(Exception):
    """The simulated site refused a command."""


class SiteControl:
    """All sites of one process: `SiteControl(address).create("aarhus", generate=40)`."""

    def __init__(self, address):
        self.address = address.rstrip("/")
        self._host = urlsplit(address).netloc
        self._tls = self.address.startswith("https:")

    def _connect(self):
        """Whose certificate it is does not matter here: a test may have made it a bad one."""
        if self._tls:
            return http.client.HTTPSConnection(self._host, timeout=60,
                                               context=ssl._create_unverified_context())
        return http.client.HTTPConnection(self._host, timeout=60)

    def call(self, method, path, body=None):
        link = self._connect()
        try:
            text = json.dumps(body) if body is not None else None
            link.request(method, "/_control/" + path, text,
                         {"Content-Type": "application/json"} if text else {})
            answer = link.getresponse()
            data = json.loads(answer.read())
        finally:
            link.close()
        if answer.status != 200:
            raise ControlError(data.get("message", str(data)))
        return data

    def create(self, name, **settings):
        """A new site, or a new beginning for one. Without a seed it has no events."""
        self.call("PUT", f"sites/{name}", settings)
        return SiteHandle(self, name)

    def site(self, name):
        return SiteHandle(self, name)

    def sites(self):
        return self.call("GET", "")["sites"]

    def ledger(self, start=0, **filters):
        """All requests from number `start` on, oldest first; filters: site, method, uuid. What an
        entry has stands in site/ledger.h; headers are also members (entry["user_agent"])."""
        entries = []
        while True:
            query = urlencode({"from": start, "limit": 20000, **filters})
            page = self.call("GET", f"ledger?{query}")
            entries += map(readable, page["entries"])
            if len(page["entries"]) < 20000:
                return entries
            start = page["next"]

    def ledger_next(self):
        """The number that the next request will have."""
        return self.call("GET", "ledger?limit=0&from=99999999999999")["next"]

    def clear_ledger(self):
        self.call("DELETE", "ledger")


LEDGER_HEADERS = ("content-type", "if-none-match", "if-modified-since", "accept-encoding",
                  "idempotency-key", "user-agent", "traceparent")


def readable(entry):
    for name in LEDGER_HEADERS:
        entry[name.replace("-", "_")] = entry["headers"].get(name)
    entry["overlapped"] = entry["overlaps"] is not None
    return entry


class SiteHandle:
    """One site. Faults are named after what a client meets; each takes `count` (default: until
    cleared), `method` ("GET", "PATCH", None: both), `uuid`, `delay_ms`, and for a PATCH `executes`
    and `execute_after_ms`."""

    def __init__(self, control, name):
        self.control = control
        self.name = name
        self.base_url = f"{control.address}/{name}"

    def _call(self, method, path="", body=None):
        return self.control.call(method, f"sites/{self.name}{path}", body)

    # the site
    def show(self):
        return self._call("GET")

    def change(self, **settings):
        return self._call("PATCH", body=settings)

    def delete(self):
        self._call("DELETE")

    def purge(self):
        self._call("POST", "/cache", {"purge": True})

    def age_cache(self, seconds):
        self._call("POST", "/cache", {"age_s": seconds})

    def ledger(self, start=0, **filters):
        return self.control.ledger(start, site=self.name, **filters)

    def patches(self, uuid=None, start=0):
        """The PATCH requests so far, with their bodies decoded as `json` (None if that fails)."""
        found = self.ledger(start, method="PATCH", **({"uuid": uuid} if uuid else {}))
        for entry in found:
            try:
                entry["json"] = json.loads(entry["body"].encode("latin-1"))
            except ValueError:
                entry["json"] = None
        return found

    # events
    def events(self):
        """Every event as the CMS holds it, by uuid: its members as the site shows them, and
        "published" and "own" (the instance's own state, url and admin_url)."""
        return {event["uuid"]: event for event in self._call("GET", "/events")["events"]}

    def event(self, uuid):
        return self._call("GET", f"/events/{uuid}")

    def add_event(self, published=True, raw=None, **members):
        """A new event; what is not given is made up. Returns it as the CMS holds it."""
        return self._call("POST", "/events",
                          {"event": members, "published": published, "raw": raw or {}})

    def edit_event(self, uuid, raw=None, published=None, quiet=False, **members):
        body = {"event": members, "raw": raw or {}, "quiet": quiet}
        if published is not None:
            body["published"] = published
        return self._call("PATCH", f"/events/{uuid}", body)

    def publish(self, uuid):
        return self.edit_event(uuid, published=True)

    def unpublish(self, uuid):
        return self.edit_event(uuid, published=False)

    def unpublish_together(self, uuids):
        """No list shows only some of them gone."""
        self._call("PATCH", "/events", {"uuids": list(uuids), "published": False})

    def delete_event(self, uuid):
        self._call("DELETE", f"/events/{uuid}")

    def edit_series(self, uuid, quiet=False, **members):
        self._call("PATCH", f"/series/{uuid}", {"event": members, "quiet": quiet})

    def reschedule(self, series, by_s):
        """Another time for a series; the uuids of its instances afterwards."""
        return self._call("POST", f"/reschedule/{series}", {"by_s": by_s})["uuids"]

    # faults
    def fault(self, kind, **details):
        details = {name: value for name, value in details.items() if value is not None}
        return self._call("POST", "/faults", {"kind": kind, **details})["id"]

    def clear_faults(self, method=None):
        self._call("DELETE", "/faults" + (f"?method={method}" if method else ""))

    def answer_with(self, status, body="", content_type="application/json", **details):
        return self.fault("status", status=status, body=body, content_type=content_type, **details)

    def message(self, status, text="No.", **details):
        """An error as Drupal answers it."""
        body = json.dumps({"message": text}, separators=(",", ":"))
        return self.answer_with(status, body, **details)

    def varnish_503(self, **details):
        page = ("<!DOCTYPE html><html><head><title>503 Backend fetch failed</title></head>"
                "<body><h1>Error 503 Backend fetch failed</h1></body></html>")
        return self.answer_with(503, page, "text/html; charset=utf-8",
                                headers={"Retry-After": "5"}, **details)

    def maintenance(self, **details):
        text = ("Biblioteket is currently under maintenance. We should be back shortly. "
                "Thank you for your patience.")
        return self.answer_with(503, text, "text/plain", **details)

    def too_many_requests(self, retry_after, **details):
        return self.answer_with(429, '{"message":"Too Many Requests"}',
                                headers={"Retry-After": str(retry_after)}, **details)

    def html(self, **details):
        """200, but a page."""
        return self.answer_with(200, "<!DOCTYPE html><html><body>Velkommen</body></html>",
                                "text/html; charset=utf-8", **details)

    def redirect(self, location, status=302, **details):
        return self.answer_with(status, "", "text/html", headers={"Location": location}, **details)

    def not_an_array(self, **details):
        return self.answer_with(200, '{"events":[]}', **details)

    def empty_list(self, **details):
        return self.answer_with(200, "[]", **details)

    # waiting
    def wait_patches(self, count, timeout=30.0, start=0, uuid=None):
        """The PATCH requests once there are `count` of them."""
        deadline = time.monotonic() + timeout
        while True:
            found = self.patches(uuid, start)
            if len(found) >= count:
                return found
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.name}: {len(found)} PATCH requests after "
                                     f"{timeout:g} s, not {count}")
            time.sleep(0.02)


def sample(name="events-small.json"):
    """An event list in the CMS's own bytes."""
    return (SAMPLES / name).read_bytes()
