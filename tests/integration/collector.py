"""A collector of OpenTelemetry for tests: takes spans by OTLP over HTTP in JSON, and is stricter about
them than the real one, which also takes snake_case, names of enums and numbers of 64 bits as such."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SPAN_MEMBERS = {"traceId", "spanId", "parentSpanId", "name", "kind", "startTimeUnixNano",
                "endTimeUnixNano", "attributes", "links", "status"}
SPAN_NEEDED = {"traceId", "spanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano"}
CLIENT, PRODUCER, CONSUMER = 3, 4, 5


def members(value, allowed, needed=()):
    assert isinstance(value, dict), value
    assert set(value) <= set(allowed) and set(needed) <= set(value), value


def is_hex(text, digits):
    assert isinstance(text, str) and re.fullmatch(f"[0-9a-f]{{{digits}}}", text), text
    assert set(text) != {"0"}, "an id of zeros is none"


def attributes_of(listed):
    """As a dictionary."""
    found = {}
    for attribute in listed:
        members(attribute, {"key", "value"}, {"key", "value"})
        members(attribute["value"], {"stringValue", "intValue"})
        assert len(attribute["value"]) == 1, attribute
        kind, value = next(iter(attribute["value"].items()))
        assert isinstance(value, str) and value != "", attribute
        assert attribute["key"] not in found, f"{attribute['key']} stands twice"
        found[attribute["key"]] = int(value) if kind == "intValue" else value
    return found


def check_span(span):
    members(span, SPAN_MEMBERS, SPAN_NEEDED)
    is_hex(span["traceId"], 32)
    is_hex(span["spanId"], 16)
    if "parentSpanId" in span:
        is_hex(span["parentSpanId"], 16)
        assert span["parentSpanId"] != span["spanId"]
    assert span["kind"] in (CLIENT, PRODUCER, CONSUMER) and not isinstance(span["kind"], bool)
    for name in ("startTimeUnixNano", "endTimeUnixNano"):
        assert isinstance(span[name], str) and re.fullmatch("[0-9]{19}", span[name]), span
    assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]), span
    for link in span.get("links", []):
        members(link, {"traceId", "spanId"}, {"traceId", "spanId"})
        is_hex(link["traceId"], 32)
        is_hex(link["spanId"], 16)
    if "status" in span:
        members(span["status"], {"code", "message"}, {"code"})
        assert span["status"]["code"] == 2, "2 is an error; what is well has no status"


class Span:
    """One span that was taken, with the attributes of its resource."""

    def __init__(self, span, resource):
        check_span(span)
        self.trace, self.id, self.parent = span["traceId"], span["spanId"], span.get("parentSpanId")
        self.name, self.kind, self.failed = span["name"], span["kind"], "status" in span
        self.links = [link["spanId"] for link in span.get("links", [])]
        self.attributes = attributes_of(span.get("attributes", []))
        self.resource = resource

    def __repr__(self):
        return f"{self.name} {self.trace}/{self.id} below {self.parent} {self.attributes}"


def spans_of(body):
    request = json.loads(body)
    members(request, {"resourceSpans"}, {"resourceSpans"})
    for group in request["resourceSpans"]:
        members(group, {"resource", "scopeSpans"}, {"resource", "scopeSpans"})
        members(group["resource"], {"attributes"}, {"attributes"})
        resource = attributes_of(group["resource"]["attributes"])
        for scope in group["scopeSpans"]:
            members(scope, {"scope", "spans"}, {"scope", "spans"})
            members(scope["scope"], {"name", "version"}, {"name"})
            for span in scope["spans"]:
                yield Span(span, resource)


class Collector:
    """
        with Collector() as collector:
            collector.answers = [(503, {"Retry-After": "1"})]     the first answers; then 200
            collector.spans, collector.requests
    """

    def __init__(self):
        self.requests, self.spans, self.faults, self.answers = [], [], [], []
        self.open = threading.Event()  # cleared: requests hang
        self.open.set()
        handler = type("Handler", (Handler,), {"collector": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.open.set()
        self.server.shutdown()
        self.server.server_close()

    def take(self, path, headers, body):
        """The answer: a status and headers."""
        self.requests.append((path, headers))
        self.open.wait(60)
        if self.answers:
            return self.answers.pop(0)
        try:
            assert path == "/v1/traces", path
            assert headers["Content-Type"] == "application/json"
            self.spans.extend(spans_of(body))
        except Exception as fault:  # of the thread: the test is to see it
            self.faults.append(repr(fault))
            return 400, {}
        return 200, {}

    def find(self, **wanted):
        """Spans with these values; a name with a dot is an attribute, written with "__"."""
        assert not self.faults, self.faults
        return [span for span in self.spans
                if all((span.attributes.get(name.replace("__", ".")) if "__" in name
                        else getattr(span, name)) == value for name, value in wanted.items())]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    collector = None

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, headers = self.collector.take(self.path, self.headers, body)
        answer = b'{"partialSuccess":{}}'
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass
