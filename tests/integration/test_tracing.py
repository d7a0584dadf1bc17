"""Spans: from a read of a site to what the vendor is told, as a collector of OpenTelemetry sees it."""

import os
import re

import pytest

from collector import CLIENT, CONSUMER, PRODUCER, Collector
from parts import Part, free_port


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


class TestFromTheVendorToTheSite:
    def test_a_patch_and_a_result_hang_under_the_vendors_span(self, traced, collector):
        trace, vendor = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
        aarhus = traced.add("aarhus", generate=1)
        traced.start()
        uuid = traced.wait(lambda: traced.changes("aarhus"), "a change")[0]["uuid"]
        traced.send("aarhus", headers={"traceparent": f"00-{trace}-{vendor}-01"}, uuid=uuid,
                    external_data={"url": "https://tickets.example/e/1", "admin_url": None})
        patch = aarhus.wait_patches(1)[0]

        handled = the_one(collector, traced, trace=trace, parent=vendor)
        assert handled.name == f"process {traced.topics.name('updates')}"
        assert handled.kind == CONSUMER and handled.attributes["dplsync.outcome"] == "applied"
        assert context_of(traced.topics.read("results")[0]) == (trace, handled.id)

        sent = the_one(collector, traced, trace=trace, parent=handled.id)
        assert (sent.name, sent.kind, sent.failed) == ("PATCH", CLIENT, False)
        assert sent.attributes["http.response.status_code"] == 200
        assert f"{sent.attributes['server.address']}:{sent.attributes['server.port']}" in sent.attributes["url.full"]
        assert sent.attributes["dplsync.event.uuid"] == uuid
        assert patch["traceparent"] == f"00-{trace}-{sent.id}-01"
        assert "/events/" not in sent.attributes["url.full"]

    def test_merged_updates_are_linked(self, traced, collector):
        aarhus = traced.add("aarhus", generate=1)
        traced.start()
        uuid = traced.wait(lambda: traced.changes("aarhus"), "a change")[0]["uuid"]
        aarhus.too_many_requests(2, count=1, method="PATCH")
        for number, update in enumerate([{"state": "Active"}, {"external_data": {
                "url": "https://tickets.example/e/1", "admin_url": None}}, {"state": "SoldOut"}], 1):
            traced.send("aarhus", uuid=uuid, headers={
                "traceparent": f"00-{number:032x}-00f067aa0ba902b7-01"}, **update)
        traced.wait(lambda: len(traced.results("aarhus")) == 3, "three results")
        applied = traced.wait(lambda: [span for span in collector.find(name="PATCH")
                                       if not span.failed], "the span of the last PATCH")[-1]
        merged = the_one(collector, traced, trace=f"{2:032x}", parent="00f067aa0ba902b7")
        assert applied.trace == f"{3:032x}" and applied.links == [merged.id]

    def test_a_failed_patch_is_exported_though_the_vendor_does_not_sample(self, traced, collector):
        aarhus = traced.add("aarhus", generate=1)
        traced.start()
        uuid = traced.wait(lambda: traced.changes("aarhus"), "a change")[0]["uuid"]
        aarhus.message(422, method="PATCH")
        traced.send("aarhus", uuid=uuid, state="SoldOut", headers={
            "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"})
        failed = the_one(collector, traced, name="PATCH")
        assert failed.failed and failed.attributes["error.type"] == "rejected"
        ended = the_one(collector, traced, id=failed.parent)
        assert ended.failed and ended.attributes["error.type"] == "rejected-by-cms"


class RealCollector(Part):
    """OpenTelemetry's own, which prints what it takes (tests/support/collector)."""

    def take_ports(self):
        self.port = free_port()

    def command(self):
        return [os.environ["DPLSYNC_COLLECTOR"], "--config", self.directory / "collector.yaml"]

    def prepare(self):
        (self.directory / "collector.yaml").write_text(f"""
receivers: {{otlp: {{protocols: {{http: {{endpoint: "127.0.0.1:{self.port}"}}}}}}}}
exporters: {{debug: {{verbosity: detailed}}}}
service:
  telemetry: {{metrics: {{level: none}}}}
  pipelines: {{traces: {{receivers: [otlp], exporters: [debug]}}}}
""")

    def is_ready(self):
        return "Everything is ready" in self.log_text()


@pytest.mark.skipif("DPLSYNC_COLLECTOR" not in os.environ,
                    reason="tests/support/collector/build says how")
def test_the_real_collector_takes_every_span(pipeline, workspace):
    with RealCollector("collector", workspace.directory("collector")) as real:
        pipeline.config["tracing"] = {"endpoint": f"http://127.0.0.1:{real.port}",
                                      "sample_percent": 100}
        pipeline.add("aarhus", generate=1)
        pipeline.start()
        uuid = pipeline.wait(lambda: pipeline.changes("aarhus"), "a change")[0]["uuid"]
        pipeline.send("aarhus", uuid=uuid, state="SoldOut")
        wanted = {"GET", "PATCH", f"send {pipeline.topics.name('snapshots')}",
                  f"process {pipeline.topics.name('snapshots')}",
                  f"process {pipeline.topics.name('updates')}"}
        pipeline.wait(lambda: wanted <= set(re.findall(r"Name +: (.*)", real.log_text())),
                      f"spans {wanted}")
        assert "Kind           : Client" in real.log_text()
        for service in pipeline.services.values():
            assert service.metrics()["dplsync_trace_dropped_total"] == 0
