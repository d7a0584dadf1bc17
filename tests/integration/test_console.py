"""`dplsync console` over HTTP: what it shows, what it refuses, and that its deeds are done. The
browser's view is in test_console_browser.py."""

import os
import re
import statistics
import subprocess
import time

import pytest
import redis

from console import HOSTILE, LIBRARIES, UUID, Console, Country
from parts import ROOT, wait_until


@pytest.fixture
def country(pipeline):
    country = Country(pipeline, LIBRARIES[:12] + ["odense", "fano", "samso", "laeso", "vejle", "aero"])
    pipeline.write_config()
    country.fill()
    return country


@pytest.fixture
def open_console(pipeline):
    opened = []

    def open_one(**settings):
        console = Console(pipeline, **settings)
        pipeline.services[console.name] = console
        opened.append(console.start())
        return console

    yield open_one
    for console in opened:
        assert console.stop() == 0, console.log_tail()


@pytest.fixture
def console(country, open_console):
    return open_console()


# what it shows

def test_the_worst_stands_first_and_six_numbers_above(console):
    console.wait_text("/", "31 deletions held")
    page = console.get("/").text
    rows = [part.split('"')[0] for part in page.split('id="m-')[1:]]
    assert rows[:6] == ["odense", "fano", "samso", "laeso", "aero", "vejle"]
    assert rows[6:] == sorted(rows[6:]) and len(rows) == 18
    for number in ("<b>16</b> fresh", "<b>2</b> stale", "<b>1</b> paused", "<b>2</b> not writable",
                   "<b>1</b> deletions held", "<b>0</b> dead letters"):
        assert number in page


def test_every_trouble_says_what_to_do(console):
    console.wait_text("/", "31 deletions held")
    page = console.get("/").text
    for words in ("31 deletions wait for a decision", "The site rejects the log-in",
                  "<code>fano.username</code>", "last read well 5 h ago",
                  "the site answered 503: it has trouble of its own", "Writing to the site fails",
                  "Reading is paused until", "The site was never read", "whether a fetcher runs"):
        assert words in page, words


def test_one_municipality_with_its_last_twenty_outcomes(country, console):
    country.results("odense", 24)
    console.wait_text("/?municipality=odense", UUID.format(23))
    page = console.get("/?municipality=odense").text
    assert page.count("/trail?municipality=odense") == 20
    assert "<title>odense · dplsync</title>" in page and 'id="m-fano"' not in page
    assert "HTTP 422" in page and "475 ms" in page and f"{23:032x}" in page


def test_a_trail_has_the_wishes_of_a_vendor_with_another_partitioner(pipeline, another_partitioner, country, console):
    country.results("aarhus", 1)
    pipeline.send("aarhus", uuid=UUID.format(0), external_data={"url": "https://tickets.example/e/0"})
    console.wait_text(f"/trail?municipality=aarhus&uuid={UUID.format(0)}", "oldest first")
    trail = console.get(f"/trail?municipality=aarhus&uuid={UUID.format(0)}").text
    assert "applied" in trail and "https://tickets.example/e/0" in trail


def test_filters_sorts_and_what_nobody_has(console):
    console.wait_text("/", "31 deletions held")

    def rows(query):
        return [part.split('"')[0] for part in console.get(query).text.split('id="m-')[1:]]
    assert rows("/?show=held") == ["odense"]
    assert rows("/?show=stale") == ["samso", "aero"]
    assert rows("/?show=fresh&filter=aaben") == ["aabenraa"]
    assert rows("/?sort=waiting")[0] == "laeso"
    assert rows("/?sort=name") == sorted(rows("/"))
    assert "No municipality matches." in console.get("/?filter=nowhere").text
    assert "None just now." in console.get("/?show=dead-letters").text
    assert "not in the configuration" in console.get("/?municipality=nowhere").text


def test_texts_from_outside_are_text(country, console):
    country.dead_letter("aarhus", 1, detail=HOSTILE, reason="<b>")
    console.wait_text("/", "1 dead letter")
    for path in ("/", "/?municipality=aarhus", "/dead-letters?municipality=aarhus",
                 f"/?filter={'%3Cscript%3E'}", "/?municipality=%3Cscript%3E",
                 "/confirm?action=%3Cscript%3E&municipality=aarhus"):
        text = console.get(path).text
        assert "<script>document" not in text and "<script>\"" not in text and "\u202e" not in text
        assert text.count("<script") == 1, path
    letters = console.get("/dead-letters?municipality=aarhus").text
    assert "&lt;script&gt;document" in letters and "U+202E" in letters and "&lt;b&gt;" in letters


def test_nothing_secret_and_no_message_bodies_without_actions(pipeline, country, open_console):
    country.dead_letter("aarhus", 1)
    console = open_console(actions=False, log="read-only")
    console.wait_text("/", "1 dead letter")
    for path in ("/", "/?municipality=aarhus", "/dead-letters?municipality=aarhus", "/hold?municipality=odense"):
        page = console.get(path).text
        for secret in ("external-system", "secret", "redis://", "{aarhus}", "bootstrap", pipeline.kafka.bootstrap,
                       '"state":"SoldOut"', "<form class=\"order\"", "/confirm"):
            assert secret not in page, (path, secret)
    assert "read-only" in console.get("/").text
    assert "console.actions" in console.get("/dead-letters?municipality=aarhus").text


def test_every_answer_has_the_headers_that_keep_it_in(console):
    for path in ("/", "/console.css", "/console.js", "/live", "/nowhere", "/row?municipality=x"):
        fields = console.get(path).fields
        assert fields["content-security-policy"] == (
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
            "form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
        assert fields["x-content-type-options"] == "nosniff"
        assert fields["cache-control"] == "no-store"
    assert console.get("/nowhere").status == 404
    assert console.ask("DELETE", "/").status == 405
    cookie = console.get("/").fields["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Secure" not in cookie


def test_what_has_not_changed_is_not_sent_again(console):
    console.wait_text("/", "31 deletions held")
    tag = console.get("/live").fields["etag"]
    again = console.get("/live", **{"If-None-Match": tag})
    assert again.status == 304 and again.text == "" and "dplsync-as-of" in again.fields
    assert console.get("/live", **{"If-None-Match": '"other"'}).status == 200


def test_a_status_is_read_as_the_services_write_it(make_pipeline, open_console):
    """Every field that the overview knows is one that a service writes, and shows."""
    pipeline = make_pipeline()
    pipeline.add("aarhus", generate=12, future=True)
    pipeline.start()
    pipeline.wait(lambda: pipeline.redis_status("aarhus").get("reconciler_known") == "12", "12 known")
    event = next(iter(pipeline.site.control.site("aarhus").events()))
    pipeline.send("aarhus", uuid=event, state="SoldOut")
    pipeline.wait(lambda: pipeline.redis_status("aarhus").get("writer_last_outcome") == "applied",
                  "the status of an update")
    written = set(pipeline.redis_status("aarhus"))
    assert set(overview_fields()) <= written
    assert any(name.startswith("reconciler_known_h") for name in written)


def overview_fields():
    """The names in the overview's table."""
    source = (ROOT / "services" / "operator" / "overview.c").read_text()
    return re.findall(r'\{ "((?:fetcher|reconciler|writer)_\w+)", FIELD_', source)


# what it refuses

def refresh(**changes):
    return {"action": "refresh", "municipality": "odense", "count": "0", **changes}


@pytest.mark.parametrize("what, fields, sent, status, words", [
    ("no token", {}, {}, 403, "token is missing"),
    ("no cookie", {"token": "right"}, {"cookie": None}, 403, "token is missing"),
    ("a token of another session", {"token": "0" * 64}, {}, 403, "of another session"),
    ("a foreign origin", {"token": "right"}, {"origin": "https://evil.example"}, 403, "own page"),
    ("an origin of another port", {"token": "right"}, {"origin": "http://127.0.0.1:1"}, 403, "own page"),
    ("the origin null", {"token": "right"}, {"origin": "null"}, 403, "own page"),
    ("a foreign name of this machine", {"token": "right"}, {"Host": "evil.example"}, 421, "not the name"),
    ("no such action", {"token": "right", "action": "format"}, {}, 400, "no such action"),
    ("no municipality", {"token": "right", "municipality": ""}, {}, 400, "municipality is missing"),
    ("one that is not ours", {"token": "right", "municipality": "nowhere"}, {}, 409, "not in the configuration"),
    ("a hold that changed", {"token": "right", "action": "approve", "hold": "9f3c01d277ab4a52", "count": "30"},
     {}, 409, "31 deletions are held now, not the 30"),
    ("a hold that is another one", {"token": "right", "action": "approve", "hold": "0", "count": "31"},
     {}, 409, "has changed"),
    ("dead letters that are none", {"token": "right", "action": "replay", "count": "3"}, {}, 409, "0 dead letters"),
])
def test_refuses(console, what, fields, sent, status, words):
    console.wait_text("/", "31 deletions held")
    cookie, token = console.session()
    form = {**refresh(), **fields}
    if form.get("token") == "right":
        form["token"] = token
    answer = console.post(form, **{"cookie": cookie, **sent})
    assert answer.status == status, answer.text
    assert words in answer.text
    assert console.pipeline.topics.read("control") == []


def test_refuses_a_form_that_is_no_form_and_one_without_an_end(console):
    cookie, token = console.session()
    headers = {"Origin": console.address, "Cookie": cookie}
    for body in ("%", "a=1&a=2", f"token={token}&why=" + "x" * 100_000):
        answer = console.ask("POST", "/act", body, headers)
        assert answer.status == 400 and "cannot be read" in answer.text
    assert console.pipeline.topics.read("control") == []


def test_without_actions_nothing_can_be_done(country, open_console):
    console = open_console(actions=False, log="read-only")
    answer = console.post(refresh(token="0" * 64), cookie="dplsync-session=" + "0" * 32)
    assert answer.status == 403 and "console.actions is off" in answer.text
    assert "set-cookie" not in console.get("/").fields


# what it does

def test_a_deed_is_a_command_and_a_line_of_the_log(pipeline, country, open_console):
    console = open_console(DPLSYNC_CONSOLE_USER_HEADER="X-Forwarded-User")
    console.wait_text("/", "31 deletions held")
    cookie, token = console.session()
    answer = console.post({"action": "approve", "municipality": "odense", "hold": "9f3c01d277ab4a52",
                           "count": "31", "why": "the branch closed", "token": token}, cookie=cookie,
                          **{"X-Forwarded-User": "kirsten@vendor.example"})
    assert answer.status == 303 and answer.fields["location"] == "/?municipality=odense"
    console.wait_text("/", "approved 31 deletions")
    console.wait_text("/", 'class="deed-1">done')
    [record] = [record for record in pipeline.topics.read("control") if record.json.get("command")]
    assert record.key == "odense"
    assert record.json["command"] == "approve-deletions" and record.json["count"] == 31
    assert record.json["hold"] == "9f3c01d277ab4a52" and record.json["id"].startswith("console-")
    [line] = [line for line in console.log_lines() if line["message"] == "an action was taken"]
    assert (line["user"], line["municipality"], line["action"], line["count"], line["reason"]) == (
        "kirsten@vendor.example", "odense", "approve", 31, "the branch closed")


def test_dead_letters_are_replayed_and_discarded(pipeline, country, console):
    for number in range(3):
        country.dead_letter("aarhus", number)
    country.dead_letter("aarhus", 7, reason="invalid-url")
    console.wait_text("/", "4 dead letters")
    cookie, token = console.session()
    page = console.get("/dead-letters?municipality=aarhus", Cookie=cookie).text
    assert ">Replay 3</button>" in page and ">Discard 1</button>" in page

    form = {"municipality": "aarhus", "letter": "rejected-by-cms", "count": "3", "token": token}
    assert console.post({**form, "action": "replay"}, cookie=cookie).status == 303
    console.wait_text("/", "1 dead letter<")
    updates = [record.json["uuid"] for record in pipeline.topics.read("updates")]
    assert updates == [UUID.format(number) for number in range(3)]
    again = console.post({**form, "action": "replay"}, cookie=cookie)
    assert again.status == 409 and "0 dead letters wait now, not the 3" in again.text

    form = {**form, "letter": "invalid-url", "count": "1", "action": "discard"}
    assert console.post(form, cookie=cookie).status == 303
    console.wait_text("/dead-letters?municipality=aarhus", "None waits")
    assert len(pipeline.topics.read("updates")) == 3


def test_it_goes_on_without_redis_and_says_so(pipeline, country, console):
    console.wait_text("/", "31 deletions held")
    pipeline.redis.kill()
    console.wait_text("/", "Redis cannot be reached")
    assert "31 deletions held" in console.get("/").text
    pipeline.redis.start()
    wait_until(lambda: "Redis cannot" not in console.get("/").text, "Redis to be back", 15)


def test_it_goes_on_without_kafka_and_says_so(country, console):
    country.results("odense", 1)
    console.wait_text("/?municipality=odense", UUID.format(0))
    country.pipeline.kafka.kill()
    console.wait_text("/", "Kafka cannot be reached", 60)
    assert UUID.format(0) in console.get("/?municipality=odense").text
    country.pipeline.kafka.start()
    wait_until(lambda: "Kafka cannot" not in console.get("/").text, "Kafka to be back", 60)


def test_dead_letters_of_nobody_are_seen(country, console):
    country.pipeline.topics.send("dead-letters", None, b"not json", {
        "dplsync-reason": "not-json", "dplsync-detail": "it is no JSON", "dplsync-municipality": "",
        "dplsync-uuid": "", "dplsync-partition": "0", "dplsync-offset": "7"})
    console.wait_text("/", '<a href="/dead-letters">1 dead letter</a> of no municipality')
    page = console.get("/dead-letters").text
    assert "it is no JSON" in page and "<form" not in page


def test_a_new_municipality_needs_no_restart(pipeline, country, console):
    console.wait_text("/", "18 municipalities")
    pipeline.add_municipality("ringsted", "https://ringsted.example")
    pipeline.write_config()
    console.wait_text("/", 'id="m-ringsted"')


def test_a_port_that_is_taken_is_said(console):
    taken = f"127.0.0.1:{console.port}"
    done = subprocess.run(console.command(), capture_output=True, text=True, timeout=30,
                          env={**os.environ, "DPLSYNC_CONSOLE_ADDRESS": taken})
    assert done.returncode == 1
    assert done.stderr.strip() == f"dplsync console: console.address {taken} cannot be listened on: Address already in use"


def test_an_address_of_its_own_behind_a_proxy(country, open_console):
    console = open_console(DPLSYNC_CONSOLE_ORIGIN="https://dplsync.vendor.example")
    host = {"Host": "dplsync.vendor.example"}
    answer = console.get("/confirm?action=refresh&municipality=odense", **host)
    assert answer.status == 200 and "Secure" in answer.fields["set-cookie"]
    assert console.get("/", Host="other.vendor.example").status == 421
    cookie, token = console.session()
    console.wait_text("/", "31 deletions held")
    assert console.post(refresh(token=token), cookie=cookie, origin="https://dplsync.vendor.example",
                        **host).status == 303


# how fast

def test_a_thousand_municipalities_within_300_ms_and_a_megabyte(pipeline, open_console):
    names = [f"{LIBRARIES[number % len(LIBRARIES)]}-{number}" for number in range(1000)]
    country = Country(pipeline, names)
    pipeline.write_config()
    country.fill()
    with redis.Redis(port=pipeline.redis.port, db=pipeline.database) as link:
        for name in names[::4]:  # a quarter has troubles, each with all it has to say
            link.hset(f"{{{name}}}:status", mapping={
                "reconciler_held": 31, "reconciler_hold": "9f3c01d277ab4a52", "writer_breaker": "open",
                "writer_waiting": 1042, "writer_oldest": country.now - 3_600_000,
                "fetcher_last_success": country.now - 86_400_000,
                "fetcher_error": "the site answered 503: " + "it has trouble of its own " * 8})
    console = open_console()
    console.wait_text("/", "250</b> deletions held")
    took = []
    for _ in range(9):
        began = time.perf_counter()
        page = console.get("/")
        took.append(time.perf_counter() - began)
    assert page.text.count("<details") >= 1000
    assert len(page.text.encode()) < 1_000_000
    assert statistics.median(took) < 0.3, took
    print(f"page of 1,000: {statistics.median(took) * 1000:.0f} ms, {len(page.text.encode()) / 1000:.0f} kB")
