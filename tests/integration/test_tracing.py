"""Spans: from a read of a site to what the vendor is told, as a collector of OpenTelemetry sees it."""

import pytest

from collector import CLIENT, CONSUMER, PRODUCER, Collector


@pytest.fixture
def collector():
    with Collector() as collector:
        yield collector


@pytest.fixture
def traced(pipeline, collector):
    """A pipeline all of whose traces are sampled."""
    pipeline.config["tracing"] = {"endpoint": collector.endpoint, "sample_percent": 100}
    return pipeline


def context_of(record):
    """Trace and span of a record's `traceparent`."""
    version, trace, span, flags = record.headers["traceparent"].split("-")
    assert version == "00" and flags in ("00", "01")
    return trace, span


def the_one(collector, pipeline, **wanted):
    found = pipeline.wait(lambda: collector.find(**wanted), f"a span {wanted}")
    assert len(found) == 1, found
    return found[0]


class TestFromTheSiteToTheVendor:
    def test_a_change_leads_back_to_the_read_of_the_list(self, traced, collector):
        traced.add("aarhus", generate=1)
        traced.start("fetcher", "reconciler")
        traced.wait(lambda: traced.changes("aarhus"), "a change")
        change = next(record for record in traced.topics.read("changes")
                      if record.json["op"] == "create")
        trace, span = context_of(change)

        handled = the_one(collector, traced, trace=trace, id=span)
        assert handled.name == f"process {traced.topics.name('snapshots')}"
        assert handled.kind == CONSUMER and not handled.failed
        assert handled.attributes["dplsync.outcome"] == "applied"
        assert handled.attributes["dplsync.created"] == 1

        sent = the_one(collector, traced, trace=trace, id=handled.parent)
        assert sent.name == f"send {traced.topics.name('snapshots')}" and sent.kind == PRODUCER
        assert sent.attributes["messaging.system"] == "kafka"
        assert context_of(traced.topics.read("snapshots")[0]) == (trace, sent.id)

        read = the_one(collector, traced, trace=trace, id=sent.parent)
        assert (read.name, read.kind, read.parent) == ("GET", CLIENT, None)
        assert read.attributes["http.response.status_code"] == 200
        assert read.attributes["dplsync.municipality"] == "aarhus"
        assert read.resource["service.name"] == "dplsync-fetcher"
        assert handled.resource["service.name"] == "dplsync-reconciler"

    def test_log_lines_name_the_trace(self, traced):
        traced.add("aarhus", generate=1)
        traced.start("fetcher", "reconciler")
        traced.wait(lambda: traced.changes("aarhus"), "a change")
        trace, span = context_of(traced.topics.read("changes")[0])
        applied = traced.wait(lambda: [line for line in traced["reconciler"].log_lines()
                                       if line["message"] == "snapshot applied"], "its line")
        assert (applied[0]["trace_id"], applied[0]["span_id"]) == (trace, span)
        fetched = [line for line in traced["fetcher"].log_lines()
                   if line["message"] == "list fetched"]
        assert fetched[0]["trace_id"] == trace

    def test_what_fails_is_exported_though_its_trace_is_not_sampled(self, traced, collector):
        traced.config["tracing"]["sample_percent"] = 0
        site = traced.add("aarhus", generate=1)
        site.answer_with(500, "broken")
        traced.start("fetcher")
        failed = traced.wait(lambda: collector.find(name="GET"), "the span of a failed read")[0]
        assert failed.failed and failed.attributes["error.type"] == "site-error"


class TestTheCollector:
    def test_headers_and_names_come_from_opentelemetry_variables(self, pipeline, collector):
        pipeline.add("aarhus", generate=1)
        pipeline.write_config()
        service = pipeline.service("fetcher", DPLSYNC_TRACING_SAMPLE_PERCENT="100",
                                   OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint + "/",
                                   OTEL_EXPORTER_OTLP_HEADERS="x-key=s3cret%20",
                                   OTEL_SERVICE_NAME="reader",
                                   OTEL_RESOURCE_ATTRIBUTES="deployment.environment=test")
        service.start()
        span = pipeline.wait(lambda: collector.find(name="GET"), "a span")[0]
        assert span.resource["service.name"] == "reader"
        assert span.resource["deployment.environment"] == "test"
        assert collector.requests[0][1]["x-key"] == "s3cret"
        assert "s3cret" not in service.log_text()

    def test_one_that_is_busy_is_asked_again(self, traced, collector):
        collector.answers = [(503, {"Retry-After": "1"}), (429, {"Retry-After": "0"})]
        traced.add("aarhus", generate=1)
        traced.start("fetcher")
        traced.wait(lambda: collector.find(name="GET"), "the span, at the third try")
        assert traced["fetcher"].metrics()["dplsync_trace_dropped_total"] == 0

    def test_what_it_refuses_is_dropped_and_counted(self, traced, collector):
        collector.answers = [(400, {})] * 100
        traced.add("aarhus", generate=1)
        traced.start("fetcher")
        traced.wait(lambda: traced["fetcher"].metrics()["dplsync_trace_dropped_total"] >= 2,
                    "two spans dropped")
        said = [line for line in traced["fetcher"].log_lines() if "collector" in line["message"]]
        assert said[0]["http.response.status_code"] == 400

    def test_one_that_hangs_delays_nothing(self, traced, collector):
        collector.open.clear()
        site = traced.add("aarhus", generate=1)
        traced.start("fetcher", "reconciler")
        traced.wait(lambda: collector.requests, "a request that hangs")
        site.add_event(title="Later")
        traced.wait(lambda: len(traced.changes("aarhus", "create")) == 2, "the later change")
        assert traced.stop() == {"fetcher": 0, "reconciler": 0}
