"""The parts that all other tests stand on: do Kafka and Redis die and come back as they should, and
does the simulated site behave as the real one does?"""

import contextlib
import gzip
import http.client
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition

from parts import SUPPORT, Failure, Redis, Site, wait_until
from site_control import ControlError, sample
from topics import Topics

USER = "Basic " + b64encode(b"external-system:secret").decode()
WRONG = "Basic " + b64encode(b"external-system:wrong").decode()
LIST = "/api/v1/events?_format=json"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
PAIR = {"url": "https://tickets.example/1", "admin_url": "https://tickets.example/admin/1"}


class Answer:
    def __init__(self, answer):
        self.status = answer.status
        self.reason = answer.reason
        self.headers = {name.lower(): value for name, value in answer.getheaders()}
        self.raw = answer.read()

    @property
    def body(self):
        packed = self.headers.get("content-encoding") == "gzip"
        return gzip.decompress(self.raw) if packed else self.raw

    @property
    def json(self):
        return json.loads(self.body)


def ask(handle, path=LIST, method="GET", body=None, timeout=10, **headers):
    """One request on a connection of its own; header names with "_" for "-"."""
    at = urlsplit(handle.base_url)
    link = http.client.HTTPConnection(at.netloc, timeout=timeout)
    try:
        link.putrequest(method, at.path + path, skip_accept_encoding=True)
        for name, value in headers.items():
            link.putheader(name.replace("_", "-"), value)
        if body is not None:
            link.putheader("Content-Length", str(len(body)))
        link.endheaders(body)
        return Answer(link.getresponse())
    finally:
        link.close()


def patch(handle, uuid, body, authorization=USER, content_type="application/json",
          query="?_format=json", **more):
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    headers = {"Authorization": authorization, "Content_Type": content_type}
    path = f"/api/v1/events/{uuid}" if uuid else "/api/v1/events"
    return ask(handle, path + query, "PATCH", body,
               **{name: value for name, value in headers.items() if value}, **more)


def listed(handle, query="", **headers):
    return ask(handle, LIST + query, **headers).json


@pytest.fixture
def one(site):
    """A site with five generated events."""
    return site.control.create("aarhus", generate=5)


@pytest.fixture
def uuid(one):
    return sorted(one.events())[0]


# ---- Kafka and Redis ----

def test_kafka_keeps_what_it_acknowledged_through_a_kill(kafka):
    topics = Topics(kafka, "support-kill.", partitions=2)
    topics.create()
    place = topics.send("updates", "aarhus", {"n": 1})
    kafka.kill()
    assert not kafka.alive
    kafka.start()
    assert topics.send("updates", "aarhus", {"n": 2}) == (place[0], place[1] + 1)
    assert [record.json["n"] for record in topics.read("updates")] == [1, 2]
    topics.close()


def test_kafka_can_be_paused(kafka):
    topics = Topics(kafka, "support-pause.", partitions=1)
    topics.create()
    kafka.pause()
    with pytest.raises(KafkaException):
        consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "x"})
        try:
            consumer.get_watermark_offsets(TopicPartition(topics.name("updates"), 0), timeout=1)
        finally:
            kafka.resume()
            consumer.close()
    topics.send("updates", "aarhus", {"n": 1})
    assert len(topics.read("updates")) == 1
    topics.close()


def test_a_compacted_topic_is_compacted_within_seconds(kafka):
    topics = Topics(kafka, "support-compact.", partitions=1)
    topics.create(results={"segment.ms": 300, "min.cleanable.dirty.ratio": 0.001, "min.compaction.lag.ms": 0})
    for n in range(5):
        topics.send("results", "aarhus/1", {"n": n})
    time.sleep(0.4)
    topics.send("results", "aarhus/2", {"n": 9})  # closes the segment

    def compacted():
        fresh = Topics(kafka, "support-compact.", partitions=1)
        values = [record.json["n"] for record in fresh.read("results")]
        fresh.close()
        return values == [4, 9]

    wait_until(compacted, "compaction", 30, 0.5)
    topics.close()


def test_a_municipality_has_one_partition_and_it_is_javas(kafka):
    topics = Topics(kafka, "support-partition.", partitions=24)
    topics.create()
    # org.apache.kafka.common.utils.Utils.toPositive(murmur2(key)) % 24
    wanted = {"aarhus": 2, "viborg": 16, "koebenhavn": 6, "m001": 9, "å": 10}
    assert {name: topics.send("updates", name, {})[0] for name in wanted} == wanted
    topics.close()


def test_redis_keeps_what_it_answered_through_a_kill(redis):
    assert redis.ask("SET support 1") == "+OK"
    redis.save("one")
    assert redis.ask("SET support 2") == "+OK"
    redis.kill()
    redis.start()
    assert redis.ask("INCR support") == ":3"
    redis.restore("one")
    assert redis.ask("INCR support") == ":2"
    redis.flush()
    assert redis.ask("EXISTS support") == ":0"


def test_redis_flushes_one_database_only(redis):
    redis.ask("SELECT 5", "SET a 1")
    redis.ask("SELECT 6", "SET a 1")
    redis.flush(5)
    assert redis.ask("SELECT 5", "EXISTS a") == ":0"
    assert redis.ask("SELECT 6", "EXISTS a") == ":1"


# ---- parts ----

OWNER = """
import signal, sys, time
sys.path.insert(0, sys.argv[1])
from parts import Redis, Site, Workspace
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's "&" has it ignored
workspace = Workspace("owner")
redis, site = Redis(workspace.directory("redis")).start(), Site(workspace.directory("site")).start()
print(redis.pid, site.pid, workspace.path, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number, tidy", [(signal.SIGINT, True), (signal.SIGKILL, False)])
def test_nothing_outlives_the_process_that_started_it(number, tidy):
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(SUPPORT)], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True)
    *pids, workspace = owner.stdout.readline().split()
    assert all(Path("/proc", pid).exists() for pid in pids)
    owner.send_signal(number)
    owner.wait(20)
    wait_until(lambda: not any(Path("/proc", pid).exists() for pid in pids), "the parts' end", 5)
    assert Path(workspace).exists() != tidy
    shutil.rmtree(workspace, ignore_errors=True)
    owner.stdout.close()


def test_a_part_that_cannot_start_says_why(workspace):
    with pytest.raises(Failure, match="(?s)redis ended with exit code 1.*no-such-setting"):
        Redis(workspace.directory("bad-redis"), settings={"no-such-setting": 1}).start()


# ---- the list ----

def test_the_bytes_are_php_s(site):
    """Read from the sample, decoded, stored, written anew: the same bytes."""
    handle = site.control.create("aarhus", seed=json.loads(sample()), unpublish_after_s=-1,
                                 now="2026-10-01T00:00:00+02:00")
    assert ask(handle).body == sample().rstrip(b"\n")


def test_null_members_are_left_out_and_empty_ones_are_not(site):
    handle = site.control.create("aarhus")
    handle.add_event(title=None, state=None, date_time=None, series=None, body=None,
                     ticket_categories=[], address={})
    event, = listed(handle)
    assert not {"title", "state", "date_time", "series", "body"} & event.keys()
    assert event["external_data"] == {} and event["address"] == {}
    assert event["ticket_categories"] == [] and event["screen_names"] == []


def test_what_json_can_say_and_jansson_cannot(site):
    handle = site.control.create("aarhus")
    event = handle.add_event(raw={"title": '"a\\u0000b"', "ticket_capacity": "9" * 20})
    assert event["title"] == "a\0b"
    assert b'"ticket_capacity":99999999999999999999,' in ask(handle).body


def test_new_members_come_last(site):
    handle = site.control.create("aarhus")
    handle.add_event(mood="splendid")
    assert list(listed(handle)[0])[-1] == "mood"


def test_the_list_is_sorted_by_start(one):
    starts = [event["date_time"]["start"] for event in listed(one)]
    assert len(starts) == 5 and starts == sorted(starts)


def test_dates_carry_the_offset_of_their_own_season(site):
    handle = site.control.create("aarhus")
    handle.add_event(date_time={"start": "2027-03-28T00:59:59Z", "end": "2027-03-28T01:00:00Z"})
    assert listed(handle)[0]["date_time"] == {"start": "2027-03-28T01:59:59+01:00",
                                              "end": "2027-03-28T03:00:00+02:00"}


@pytest.mark.parametrize("from_date, shown", [
    ("", True), ("2027-05-09", True), ("2027-05-10", False), ("2027-05-10T00:00:00%2B02:00", False),
    ("2027%2F05%2F09", True), ("09-05-2027", True), ("tomorrow", True), ("%2B3+days", True)])
def test_from_date_compares_the_utc_start(site, from_date, shown):
    """An all-day event starts, in UTC, on the evening before."""
    handle = site.control.create("aarhus")
    handle.add_event(all_day=True, date_time={"start": "2027-05-10T00:00:00+02:00",
                                              "end": "2027-05-10T23:59:59+02:00"})
    assert len(listed(handle, "&from_date=" + from_date)) == shown


@pytest.mark.parametrize("from_date", ["nonsense", "2027-13-01", "2027-05", "12345"])
def test_a_from_date_that_php_cannot_read_is_400(one, from_date):
    assert ask(one, LIST + "&from_date=" + from_date).status == 400


def test_a_content_type_on_get_is_500(one):
    answer = ask(one, Content_Type="text/plain")
    assert answer.status == 500 and answer.headers["content-type"].startswith("text/plain")
    assert answer.reason == "500 Service unavailable (with message)"


@pytest.mark.parametrize("path, status", [
    ("/api/v1/events", 200), ("/api/v1/events?_format=html", 406), ("/api/v2/events", 404),
    (f"/api/v1/events/{UNKNOWN}?_format=json", 405), ("/", 404)])
def test_paths_and_formats(one, path, status):
    assert ask(one, path).status == status


# ---- Varnish ----

def test_an_anonymous_list_is_stored_until_something_is_saved(one, uuid):
    first = ask(one)
    assert first.headers["x-varnish-cache"] == "MISS" and first.headers["age"] == "0"
    assert first.headers["cache-control"] == "max-age=300, public"
    built = parsedate_to_datetime(first.headers["last-modified"]).timestamp()
    assert first.headers["etag"] == f'"{built:.0f}"'
    second = ask(one)
    assert second.headers["x-varnish-cache"] == "HIT"
    assert second.headers["etag"] == first.headers["etag"]
    one.edit_event(uuid, title="Et nyt navn")
    third = ask(one)
    assert third.headers["x-varnish-cache"] == "MISS"
    assert third.headers["etag"] != first.headers["etag"]
    assert any(event.get("title") == "Et nyt navn" for event in third.json)


def test_age_says_when_the_list_was_stored(one):
    ask(one)
    one.age_cache(3 * 86400)
    assert int(ask(one).headers["age"]) // 86400 == 3
    one.age_cache(30 * 86400)
    assert ask(one).headers["x-varnish-cache"] == "MISS"


def test_each_query_is_an_object_of_its_own(one):
    ask(one)
    assert ask(one, LIST + "&x=1").headers["x-varnish-cache"] == "MISS"
    assert one.show()["cached_objects"] == 2


def test_304_while_the_object_is_held(one, uuid):
    etag, modified = (ask(one).headers[name] for name in ("etag", "last-modified"))
    for headers in ({"If_None_Match": etag}, {"If_None_Match": "W/" + etag},
                    {"If_None_Match": '"1", ' + etag}, {"If_Modified_Since": modified}):
        answer = ask(one, **headers)
        assert (answer.status, answer.raw) == (304, b""), headers
        assert answer.headers["etag"] == etag and "age" in answer.headers
    assert ask(one, If_None_Match='"1"').status == 200
    one.edit_event(uuid, title="Et nyt navn")
    assert ask(one, If_None_Match=etag).status == 200


def test_gzip_makes_the_etag_weak(one):
    plain, packed = ask(one), ask(one, Accept_Encoding="gzip")
    assert packed.headers["etag"] == "W/" + plain.headers["etag"]
    assert len(packed.raw) < len(plain.raw) / 2 and packed.body == plain.raw
    assert ask(one, Accept_Encoding="gzip", If_None_Match=packed.headers["etag"]).status == 304


def test_a_log_in_passes_varnish(one, uuid):
    ask(one)
    one.edit_event(uuid, quiet=True, title="Omdøbt uden spor")
    for authorization in (USER, WRONG):
        answer = ask(one, Authorization=authorization)
        assert answer.status == 200 and not {"etag", "last-modified", "age"} & answer.headers.keys()
        assert any(event.get("title") == "Omdøbt uden spor" for event in answer.json)
    assert all(event.get("title") != "Omdøbt uden spor" for event in listed(one))
    assert one.show()["failed_logins"] == 1


def test_a_purge_can_come_late(one, uuid):
    ask(one)
    one.change(purge_delay_ms=300)
    one.edit_event(uuid, title="Et nyt navn")
    assert ask(one).headers["x-varnish-cache"] == "HIT"
    wait_until(lambda: ask(one).headers["x-varnish-cache"] == "MISS", "the purge", 5)


def test_a_list_built_during_a_save_stays_wrong_until_the_next_save(one, uuid):
    one.change(build_ms=400)
    at = urlsplit(one.base_url)
    link = http.client.HTTPConnection(at.netloc, timeout=10)
    link.request("GET", at.path + LIST)
    time.sleep(0.1)
    one.edit_event(uuid, title="Et nyt navn")
    old = Answer(link.getresponse())
    link.close()
    again = ask(one)
    assert again.headers["x-varnish-cache"] == "HIT" and again.body == old.body
    assert b"Et nyt navn" not in again.body
    one.edit_event(uuid, ticket_capacity=5)
    assert b"Et nyt navn" in ask(one).body


def test_lists_of_ten_megabytes_are_never_stored(site):
    handle = site.control.create("stor", generate=4000)
    assert [ask(handle).headers["x-varnish-cache"] for _ in range(2)] == ["MISS", "MISS"]


def test_a_404_is_stored_for_ten_seconds(one):
    assert ask(one, "/api/v2/events").headers["x-varnish-cache"] == "MISS"
    assert ask(one, "/api/v2/events").headers["x-varnish-cache"] == "HIT"
    one.age_cache(10)
    assert ask(one, "/api/v2/events").headers["x-varnish-cache"] == "MISS"


# ---- events in time ----

@pytest.mark.parametrize("own, after_end", [
    ("Active", "Occurred"), ("SoldOut", "Occurred"), ("Cancelled", "Cancelled")])
def test_an_event_that_is_over(site, own, after_end):
    handle = site.control.create("aarhus", now="2027-05-10T12:00:00+02:00")
    event = handle.add_event(state=own, date_time={"start": "2027-05-10T18:00:00+02:00",
                                                   "end": "2027-05-10T20:00:00+02:00"})
    handle.change(now="2027-05-10T20:00:01+02:00")
    assert listed(handle)[0]["state"] == after_end
    handle.change(now="2027-05-11T01:59:58+02:00")
    assert len(listed(handle)) == 1
    handle.change(now="2027-05-11T02:00:01+02:00")
    assert listed(handle) == []
    assert patch(handle, event["uuid"], {"state": "Active"}).json["state"] == "Active"
    assert handle.event(event["uuid"])["own"]["state"] == "Active", "the job does not come twice"


def test_jobs_run_at_cron(site):
    handle = site.control.create("aarhus", now="2027-05-10T12:00:10+02:00", cron_s=900)
    handle.add_event(date_time={"start": "2027-05-10T10:00:00+02:00",
                                "end": "2027-05-10T12:01:00+02:00"})
    handle.change(now="2027-05-10T12:14:50+02:00")
    assert listed(handle)[0]["state"] == "Active"
    handle.change(now="2027-05-10T12:15:05+02:00")
    assert listed(handle)[0]["state"] == "Occurred"


def test_an_unpublished_event_comes_back_with_its_uuid(one, uuid):
    one.unpublish(uuid)
    assert uuid not in {event["uuid"] for event in listed(one)}
    one.publish(uuid)
    assert uuid in {event["uuid"] for event in listed(one)}


def test_several_events_go_together(one):
    first, second, *rest = one.events()
    one.unpublish_together([first, second])
    assert {event["uuid"] for event in listed(one)} == set(rest)
    with pytest.raises(ControlError, match=f"no event {UNKNOWN}"):
        one.unpublish_together([UNKNOWN])


def test_a_rescheduled_series_gets_new_uuids(site):
    handle = site.control.create("aarhus")
    series = {"uuid": UNKNOWN}
    for day in (10, 17):
        handle.add_event(series=series, external_data=PAIR,
                         date_time={"start": f"2027-05-{day}T18:00:00+02:00",
                                    "end": f"2027-05-{day}T20:00:00+02:00"})
    before = handle.events()
    after = handle.reschedule(UNKNOWN, by_s=3600)
    assert len(after) == 2 and not set(after) & set(before)
    assert [event["external_data"] for event in listed(handle)] == [{}, {}]
    assert listed(handle)[0]["date_time"]["start"] == "2027-05-10T19:00:00+02:00"
    handle.delete_event(after[0])
    assert handle.reschedule(UNKNOWN, by_s=3600) == [after[1]], "one instance keeps its uuid"


def test_state_and_url_fall_back_to_the_series(site):
    handle = site.control.create("aarhus")
    event = handle.add_event(series={"uuid": UNKNOWN}, state=None, title=None)
    uuid = event["uuid"]
    handle.edit_series(UNKNOWN, state="SoldOut", title="Seriens navn",
                       external_data={"url": "https://series.example/1"})
    shown, = listed(handle)
    assert (shown["state"], shown["title"]) == ("SoldOut", "Seriens navn")
    assert shown["external_data"] == {"url": "https://series.example/1"}
    answer = patch(handle, uuid, {"external_data": {**PAIR, "url": None}}).json
    assert answer["external_data"] == {"url": "https://series.example/1",
                                       "admin_url": PAIR["admin_url"]}


def test_relevance_is_of_the_series(site):
    handle = site.control.create("aarhus")
    for _ in range(3):
        handle.add_event(series={"uuid": UNKNOWN}, ticket_manager_relevance=True)
    handle.edit_series(UNKNOWN, ticket_manager_relevance=False)
    assert [event["ticket_manager_relevance"] for event in listed(handle)] == [False] * 3


# ---- PATCH ----

def test_a_patch_writes_and_answers_the_event_as_it_stands(one, uuid):
    answer = patch(one, uuid, {"state": "SoldOut", "external_data": PAIR})
    assert answer.status == 200 and answer.headers["content-type"] == "application/json"
    assert answer.json["state"] == "SoldOut" and answer.json["external_data"] == PAIR
    assert [event for event in listed(one) if event["uuid"] == uuid] == [answer.json]


def test_external_data_is_written_as_a_pair(one, uuid):
    def links(body):
        patch(one, uuid, body)
        own = one.event(uuid)["own"]
        return own["url"], own["admin_url"]

    both = (PAIR["url"], PAIR["admin_url"])
    assert links({"external_data": PAIR}) == both
    assert links({"state": "Active"}) == both
    assert links({"external_data": None}) == both
    assert links({"external_data": {"url": PAIR["url"]}}) == (PAIR["url"], None)
    assert links({"external_data": {"url": "", "admin_url": PAIR["admin_url"]}}) == (None, both[1])
    assert links({"external_data": {}}) == (None, None)
    patch(one, uuid, {"external_data": PAIR})
    assert links({"external_data": []}) == (None, None)


@pytest.mark.parametrize("state", [None, "", "0"])
def test_a_state_cannot_be_cleared(one, uuid, state):
    answer = patch(one, uuid, {"state": state})
    assert answer.status == 200 and answer.json["state"] == "Active"


def test_updated_at_moves_only_with_a_value(one, uuid):
    one.change(clock_offset_s=60)
    first = patch(one, uuid, {"state": "SoldOut"}).json["updated_at"]
    one.change(clock_offset_s=120)
    assert patch(one, uuid, {"state": "SoldOut"}).json["updated_at"] == first
    assert patch(one, uuid, {"state": "Active"}).json["updated_at"] > first


def test_an_uuid_in_capitals_is_found(one, uuid):
    assert patch(one, uuid.upper(), {"state": "SoldOut"}).status == 200


def test_an_unpublished_event_is_written(one, uuid):
    one.unpublish(uuid)
    assert patch(one, uuid, {"state": "SoldOut"}).json["state"] == "SoldOut"


LONG = {"external_data": {"url": "https://x.example/" + "a" * 2031, "admin_url": None}}


@pytest.mark.parametrize("says, status, change", [
    ("no credentials", 401, {"authorization": None}),
    ("wrong credentials", 403, {"authorization": WRONG}),
    ("no such event", 404, {"uuid": UNKNOWN}),
    ("no such event, empty wish", 404, {"uuid": UNKNOWN, "body": {}}),
    ("the list", 405, {"uuid": ""}),
    ("another format", 406, {"query": "?_format=xml"}),
    ("another content type", 415, {"content_type": "text/plain"}),
    ("no content type", 415, {"content_type": None}),
    ("another state", 400, {"body": {"state": "Ended"}}),
    ("not JSON", 400, {"body": b"{"}),
    ("not JSON, and no such event", 400, {"body": b"{", "uuid": UNKNOWN}),
    ("a number for a state", 500, {"body": {"state": 1}}),
    ("a number for a state, and no such event", 500, {"body": {"state": 1}, "uuid": UNKNOWN}),
    ("a text for a pair", 500, {"body": {"external_data": "x"}}),
    ("a number for a link", 500, {"body": {"external_data": {"url": 1}}}),
    ("no body", 500, {"body": b""}),
    ("a link of 2,049 characters", 500, {"body": LONG}),
])
def test_what_a_wrong_patch_is_told(one, uuid, says, status, change):
    answer = patch(one, **{"uuid": uuid, "body": {"state": "SoldOut"}, **change})
    assert answer.status == status, says
    assert one.event(uuid)["own"]["state"] == "Active" and not one.patches()[0]["executed"]
    if status == 500:
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.reason == "500 Service unavailable (with message)"
    elif uuid and status != 405:
        assert "message" in answer.json


def test_flood_control_refuses_the_right_password_too(one, uuid):
    one.change(flood_limit=3)
    assert [patch(one, uuid, {}, WRONG).status for _ in range(2)] == [403, 403]
    ask(one, Authorization=WRONG)
    blocked = patch(one, uuid, {})
    assert blocked.status == 403
    assert blocked.json == {"message": "The 'restful patch event' permission is required."}
    one.change(clock_offset_s=6 * 3600)
    assert patch(one, uuid, {}).status == 200


def test_a_user_without_the_role(one, uuid):
    one.change(may_patch=False)
    assert patch(one, uuid, {}).status == 403
    assert one.show()["failed_logins"] == 0


@pytest.mark.parametrize("keep_alive", [False, True])
def test_the_connection_after_a_patch(one, uuid, keep_alive):
    one.change(keep_alive=keep_alive)
    assert (patch(one, uuid, {}).headers.get("connection") != "close") == keep_alive


def test_a_saved_patch_purges_the_list(one, uuid):
    ask(one)
    patch(one, uuid, {"state": "SoldOut"})
    assert ask(one).headers["x-varnish-cache"] == "MISS"


def test_varnish_gives_up_on_a_silent_write_that_goes_on(one, uuid):
    one.change(pipe_timeout_ms=200)
    one.fault("delay", delay_ms=600, execute_after_ms=400, count=1)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        patch(one, uuid, {"state": "SoldOut"})
    assert one.event(uuid)["own"]["state"] == "Active"
    wait_until(lambda: one.event(uuid)["own"]["state"] == "SoldOut", "the late write", 5)


def test_varnish_gives_up_on_a_silent_list(one):
    one.change(first_byte_timeout_ms=50)
    one.fault("delay", delay_ms=5000, count=1)
    answer = ask(one)
    assert answer.status == 503 and answer.headers["retry-after"] == "5"
    assert answer.headers["content-type"].startswith("text/html")


# ---- faults ----

def test_faults_end_by_count_and_by_clearing(one):
    one.message(502, count=2)
    assert [ask(one).status for _ in range(3)] == [502, 502, 200]
    one.message(502)
    assert [ask(one).status for _ in range(3)] == [502, 502, 502]
    one.clear_faults("PATCH")
    assert ask(one).status == 502
    one.clear_faults()
    assert ask(one).status == 200


def test_a_fault_can_be_for_one_event_and_one_method(one):
    first, second = sorted(one.events())[:2]
    one.message(409, method="PATCH", uuid=first)
    assert patch(one, first, {}).status == 409
    assert patch(one, second, {}).status == 200
    assert ask(one).status == 200


@pytest.mark.parametrize("make, status, content_type", [
    (lambda one: one.varnish_503(), 503, "text/html"),
    (lambda one: one.maintenance(), 503, "text/plain"),
    (lambda one: one.too_many_requests(7), 429, "application/json"),
    (lambda one: one.html(), 200, "text/html"),
    (lambda one: one.redirect("http://127.0.0.2/x"), 302, "text/html"),
    (lambda one: one.not_an_array(), 200, "application/json"),
    (lambda one: one.empty_list(), 200, "application/json"),
])
def test_answers_by_name(one, uuid, make, status, content_type):
    make(one)
    for answer in (ask(one), patch(one, uuid, {"state": "SoldOut"})):
        assert answer.status == status and answer.headers["content-type"].startswith(content_type)
    assert one.event(uuid)["own"]["state"] == "Active"


def test_headers_of_a_fault(one):
    one.too_many_requests("Wed, 21 Oct 2026 07:28:00 GMT", count=1)
    assert ask(one).headers["retry-after"] == "Wed, 21 Oct 2026 07:28:00 GMT"
    one.redirect("http://127.0.0.2/x")
    assert ask(one).headers["location"] == "http://127.0.0.2/x"


@pytest.mark.parametrize("executes", [True, False])
def test_reset(one, uuid, executes):
    one.fault("reset", executes=executes)
    with pytest.raises(ConnectionResetError):
        patch(one, uuid, {"state": "SoldOut"})
    assert one.event(uuid)["own"]["state"] == ("SoldOut" if executes else "Active")
    assert (one.patches()[0]["end"], one.patches()[0]["executed"]) == ("reset", executes)


def test_empty_reply(one, uuid):
    one.fault("empty")
    with pytest.raises(http.client.RemoteDisconnected):
        patch(one, uuid, {"state": "SoldOut"})
    assert one.event(uuid)["own"]["state"] == "SoldOut" and one.patches()[0]["end"] == "closed"


def test_executed_after_the_client_left(one, uuid):
    one.fault("hang", executes=True, execute_after_ms=500, count=1)
    with pytest.raises(TimeoutError):
        patch(one, uuid, {"state": "SoldOut"}, timeout=0.2)
    patch(one, uuid, {"state": "Cancelled"})
    wait_until(lambda: one.event(uuid)["own"]["state"] == "SoldOut", "the late write", 5)
    late, later = one.patches()
    assert late["end"] == "gone" and late["executed_us"] - late["started_us"] >= 500_000
    assert later["overlaps"] is None and later["overlaps_pending"] == late["number"]


def test_truncated(one):
    one.fault("truncate", bytes=1000)
    with pytest.raises(http.client.IncompleteRead) as failure:
        ask(one)
    assert len(failure.value.partial) == 1000


def test_drip(one):
    whole = ask(one).body
    one.fault("drip", bytes=len(whole) // 4 + 1, interval_ms=50)
    start = time.monotonic()
    assert ask(one).body == whole
    assert 0.15 <= time.monotonic() - start < 2


def test_a_list_cut_between_events(one):
    one.fault("cut", events=2, closed=True, count=1)
    assert len(ask(one).json) == 2
    one.fault("cut", events=2)
    body = ask(one, Accept_Encoding="gzip", If_Modified_Since="Wed, 21 Oct 2037 07:28:00 GMT").body
    with pytest.raises(ValueError):
        json.loads(body)
    assert len(json.loads(body + b"]")) == 2


def test_trailing_bytes(one):
    one.fault("trailing", body="x")
    assert ask(one).body[-2:] == b"]x"


def test_a_body_of_any_bytes(one):
    one.fault("status", body_base64=b64encode(b"[\xff\x00]").decode())
    assert ask(one).body == b"[\xff\x00]"


def test_wrong_echo(one, uuid):
    one.fault("wrong_echo", method="PATCH", count=1)
    shown = patch(one, uuid, {"state": "SoldOut", "external_data": PAIR}).json
    assert shown["state"] == "TicketSaleNotOpen" and shown["external_data"] == {}
    one.fault("wrong_echo", echo={"state": "Active"})
    shown = patch(one, uuid, {"state": "SoldOut", "external_data": PAIR}).json
    assert shown["state"] == "Active" and shown["external_data"] == PAIR


def test_a_write_that_only_looks_done(one, uuid):
    one.fault("delay", executes=False)
    answer = patch(one, uuid, {"state": "SoldOut"})
    assert answer.status == 200 and answer.json["state"] == "Active"


def test_bomb(one):
    one.fault("bomb", bytes=50 << 20)
    answer = ask(one, Accept_Encoding="gzip")
    assert len(answer.raw) < 300_000
    assert len(answer.body) == (50 << 20) + 1 and answer.body[:2] == b"[ "


def test_delay(one):
    one.fault("delay", delay_ms=200)
    start = time.monotonic()
    assert ask(one).status == 200 and 0.2 <= time.monotonic() - start < 2


def test_a_slow_site_does_not_hold_up_another(site, one):
    other = site.control.create("viborg", generate=1)
    one.fault("hang")
    at = urlsplit(one.base_url)
    with socket.create_connection((at.hostname, at.port)) as hanging:
        hanging.sendall(f"GET {at.path}{LIST} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        start = time.monotonic()
        assert ask(other).status == 200 and time.monotonic() - start < 0.2


@pytest.mark.parametrize("kind, settings", [
    ("delay", {"delay_ms": 60000}), ("hang", {}), ("drip", {"bytes": 1, "interval_ms": 60000}),
], ids=["delay", "hang", "drip"])
def test_it_ends_at_once_though_answers_are_under_way(workspace, kind, settings):
    with Site(workspace.directory(f"site-with-{kind}")) as site, contextlib.ExitStack() as clients:
        handle = site.control.create("aarhus", generate=5)
        handle.fault(kind, **settings)
        for _ in range(8):
            client = clients.enter_context(socket.create_connection(("127.0.0.1", site.port)))
            client.sendall(f"GET /aarhus{LIST} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        wait_until(lambda: len(handle.ledger()) == 8, "every request to be under way")
        assert site.stop(timeout=5) == 0, site.log_tail()


# ---- the ledger ----

def test_the_ledger_knows_what_was_asked_and_done(site, one, uuid):
    before, start_us = site.control.ledger_next(), time.monotonic_ns() // 1000
    patch(one, uuid, {"state": "SoldOut"}, User_Agent="dplsync/1", traceparent="00-1-2-01",
          Idempotency_Key='"0123"')
    patch(one, uuid, {"state": "SoldOut"}, WRONG)
    ask(one)
    first, second, third = one.ledger(before)
    assert first["headers"] == {"authorization": "yes", "content-type": "application/json",
                                "idempotency-key": '"0123"', "user-agent": "dplsync/1",
                                "traceparent": "00-1-2-01"}
    assert (first["user_agent"], first["if_none_match"]) == ("dplsync/1", None)
    assert (first["method"], first["uuid"], first["status"]) == ("PATCH", uuid, 200)
    assert first["user"] == "external-system" and json.loads(first["body"]) == {"state": "SoldOut"}
    assert first["executed"] and first["changed"] and first["overlaps"] is None
    assert start_us < first["started_us"] <= first["executed_us"] <= first["ended_us"]
    assert abs(first["wall_us"] / 1e6 - time.time()) < 5
    assert (second["status"], second["executed"]) == (403, False)
    assert (third["method"], third["cache"], third["headers"]) == ("GET", "miss", {})
    assert [entry["number"] for entry in one.ledger(method="PATCH")] == [first["number"],
                                                                         second["number"]]
    assert "secret" not in json.dumps(one.ledger())


def test_the_ledger_sees_overlaps(one, uuid):
    one.fault("delay", delay_ms=400, execute_after_ms=200, count=1)
    at = urlsplit(one.base_url)
    link = http.client.HTTPConnection(at.netloc, timeout=10)
    link.request("PATCH", f"{at.path}/api/v1/events/{uuid}", b'{"state":"SoldOut"}',
                 {"Authorization": USER, "Content-Type": "application/json"})
    wait_until(lambda: one.patches(), "the first PATCH", 5)
    patch(one, uuid, {"state": "Cancelled"})
    assert Answer(link.getresponse()).status == 200
    link.close()
    first, second = one.patches()
    assert second["overlaps"] == first["number"] and first["overlaps"] is None
    assert one.event(uuid)["own"]["state"] == "SoldOut", "the later one was executed first"


def test_an_older_ledger_entry_gives_way(workspace):
    with Site(workspace.directory("small-site"), ledger_entries=10) as small:
        handle = small.control.create("aarhus")
        for _ in range(25):
            ask(handle)
        assert [entry["number"] for entry in handle.ledger()] == list(range(16, 26))
        small.control.clear_ledger()
        ask(handle)
        assert [entry["number"] for entry in handle.ledger()] == [26]


# ---- sites ----

def test_the_same_number_generates_the_same_events(site):
    bodies = [ask(site.control.create(name, generate=50, number=7, now="2027-01-01T00:00:00Z")).json
              for name in ("aarhus", "aarhus")]
    strip = ("updated_at", "created_at")
    first, second = ([{k: v for k, v in event.items() if k not in strip} for event in body]
                     for body in bodies)
    assert first == second and len(first) == 50


def test_a_seed_can_be_moved_to_the_future(site):
    handle = site.control.create("aarhus", seed=json.loads(sample()), future=True,
                                 now="2030-01-01T00:00:00Z")
    events = listed(handle)
    assert len(events) == 40
    assert min(event["date_time"]["end"] for event in events) > "2030-01-02"
    assert not any(event["state"] == "Occurred" for event in events)


def test_wrong_commands_are_refused(site, one):
    for call in (lambda: one.change(no_such_setting=1), lambda: one.fault("no-such-fault"),
                 lambda: one.edit_event(UNKNOWN, title="x"), lambda: one.edit_event(UNKNOWN),
                 lambda: site.control.create("Wrong Name"), lambda: site.control.site("x").show()):
        with pytest.raises(Exception):
            call()
    assert site.control.sites() == ["aarhus"]
