"""Log lines as an operator's collector reads them: one JSON object a line, names of ECS and
OpenTelemetry, nothing in them that could break a line or a terminal, and no flood."""

import re

import pytest

from pipeline import PROGRAMS

LEVELS = {"debug", "info", "warn", "error"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
KNOWN = {
    "@timestamp", "log.level", "message", "service.name", "municipality", "event_uuid", "outcome",
    "http.response.status_code", "error.type", "error.message", "trace_id", "span_id", "repeats",
}


def check_line(line, program):
    assert isinstance(line, dict), f"not JSON: {line}"
    assert {"@timestamp", "log.level", "message", "service.name"} <= set(line)
    assert TIME.fullmatch(line["@timestamp"]) and line["log.level"] in LEVELS
    assert line["service.name"] == f"dplsync-{program}"
    for name, value in line.items():
        assert isinstance(value, (str, int)), (name, value)
        if isinstance(value, str):
            assert len(value.encode()) <= 500, name
        if "." in name or name.endswith("_id"):
            assert name in KNOWN or name.startswith("service.") or name == "admin.port", name
    for name, digits in (("trace_id", 32), ("span_id", 16)):
        if name in line:
            assert re.fullmatch(f"[0-9a-f]{{{digits}}}", line[name])


def lines_of(service, message):
    return [line for line in service.log_lines() if line["message"] == message]


def run_a_day(pipeline):
    """A little of everything that is logged; the update's uuid."""
    site = pipeline.add("aarhus", generate=3)
    pipeline.start(DPLSYNC_LOG_LEVEL="debug")
    uuid = pipeline.wait(lambda: pipeline.changes("aarhus"), "a change")[0]["uuid"]
    site.message(422, count=1, method="PATCH")
    pipeline.send("aarhus", uuid=uuid, state="Cancelled")
    pipeline.wait(lambda: pipeline.dead_letters(), "a dead letter")
    pipeline.send("aarhus", uuid=uuid, state="SoldOut")
    pipeline.wait(lambda: any(result["outcome"] == "applied" for result in pipeline.results()),
                  "an update that was applied")
    return uuid


def test_every_line_is_one_object_with_the_names_that_are_known(pipeline):
    uuid = run_a_day(pipeline)
    assert pipeline.stop() == dict.fromkeys(PROGRAMS, 0)
    for name in PROGRAMS:
        lines = pipeline[name].log_lines()
        assert len(lines) > 3
        for line in lines:
            check_line(line, name)
        text = pipeline[name].log_text()
        assert not CONTROL.search(text)

    ended = lines_of(pipeline["writer"], "update ended")
    assert {line["outcome"] for line in ended} == {"dead", "applied"}
    for line in ended:
        assert line["municipality"] == "aarhus" and line["event_uuid"] == uuid
        assert line["attempts"] == 1 and line["latency_ms"] > 0
    fetched = lines_of(pipeline["fetcher"], "list fetched")
    assert {line["outcome"] for line in fetched} <= {"published", "unchanged"}


def test_a_foreign_text_breaks_neither_line_nor_terminal(pipeline):
    site = pipeline.add("aarhus", generate=1)
    evil = "text/x\u009b31m\"{}" + "y" * 600
    site.answer_with(200, "<html>secret body</html>", content_type=evil)
    pipeline.start("fetcher")
    line = pipeline.wait(lambda: lines_of(pipeline["fetcher"], "list fetched"), "a line")[0]
    check_line(line, "fetcher")
    assert line["log.level"] == "warn" and line["error.type"] == "not-a-list"
    assert "text/x" in line["error.message"]
    text = pipeline["fetcher"].log_text()
    assert "secret body" not in text and not CONTROL.search(text)


def test_a_sick_site_is_summed_up(pipeline):
    site = pipeline.add("aarhus", generate=1, settings={"poll_interval": "100ms"})
    pipeline.add("viborg", generate=1)
    site.answer_with(500, "broken")
    pipeline.start("fetcher")
    failed = 'dplsync_fetcher_fetches_total{municipality="aarhus",outcome="failed"}'
    pipeline.wait(lambda: pipeline["fetcher"].metrics().get(failed, 0) >= 4, "four failed reads")
    count = pipeline["fetcher"].metrics()[failed]
    pipeline.stop()
    said = [line for line in lines_of(pipeline["fetcher"], "list fetched")
            if line["municipality"] == "aarhus"]
    assert len(said) == 2, "the first at once, and one for all that followed"
    assert "repeats" not in said[0] and said[1]["repeats"] >= count - 1
    assert any(line["municipality"] == "viborg" and line["outcome"] == "published"
               for line in lines_of(pipeline["fetcher"], "list fetched"))


@pytest.mark.parametrize("name", PROGRAMS)
def test_text_for_people(pipeline, name):
    pipeline.add("aarhus", generate=1)
    pipeline.config["log_format"] = "text"
    pipeline.start(name)
    assert pipeline.stop() == {name: 0}
    lines = pipeline[name].log_text().splitlines()
    assert lines
    for line in lines:
        assert re.match(rf"\d\d:\d\d:\d\d\.\d{{3}} (debug|info |warn |error) {name}  \S", line), line
