"""Every answer that CMS-API.md ("Reading") knows of, and what becomes of it. The classes follow the rows
of its table; what a row means for the comparison of lists is the reconciler's, and tested there."""

import datetime
import hashlib
import json
import subprocess
import urllib.request

import pytest

from fetching import (LATER, header, outcomes, reads, snapshots, start_with, uuids, wait_failure,
                      wait_snapshots, whole)

DAY_S = 86400


def list_url(handle):
    return f"{handle.base_url}/api/v1/events?_format=json"


def served(handle):
    with urllib.request.urlopen(list_url(handle), timeout=10) as answer:
        return answer.read()


class TestTheWholeListInOneAnswer:
    """Row "one JSON array of all published events, no paging": stream it, never publish half."""

    def test_5000_events_arrive_in_the_bytes_of_the_site(self, pipeline):
        handle = start_with(pipeline, {"poll_interval": LATER}, generate=5000)
        first = wait_snapshots(pipeline, "aarhus", 1, timeout=60)[0]
        parts = wait_snapshots(pipeline, "aarhus", int(header(first, "parts")), timeout=60)
        assert header(first, "sha256") == hashlib.sha256(served(handle)).hexdigest()
        together = b"[" + b",".join(part.value[1:-1] for part in parts) + b"]"
        assert together == served(handle)

    @pytest.mark.slow
    def test_a_list_of_64_mib_is_taken_and_a_byte_more_is_not(self, pipeline):
        handle = pipeline.add("aarhus", {"poll_interval": LATER}, generate=0)
        handle.answer_with(200, list_of(64 << 20))
        pipeline.start("fetcher")
        first = wait_snapshots(pipeline, "aarhus", 1, timeout=60)[0]
        wait_snapshots(pipeline, "aarhus", int(header(first, "parts")), timeout=60)
        said = pipeline.wait(lambda: outcomes(pipeline, "aarhus", "published"), "the fetcher to hear of its last part")
        assert said[0]["bytes"] == 64 << 20
        handle.clear_faults()
        handle.answer_with(200, list_of((64 << 20) + 1))
        pipeline.command("aarhus", command="refresh", id="t1")
        assert "max_list" in wait_failure(pipeline, "aarhus", "too-large")["error.message"]
        assert len(snapshots(pipeline, "aarhus")) == int(header(first, "parts"))


def list_of(size, events=100):
    """A list of exactly `size` bytes."""
    def event(number, fill):
        return '{"uuid":"%08d-0000-4000-8000-000000000000","body":"%s"}' % (number, "x" * fill)
    empty = len(event(0, 0))
    fill, rest = divmod(size - 2 - (events - 1) - events * empty, events)
    return "[" + ",".join(event(number, fill + (number < rest)) for number in range(events)) + "]"


class TestTheAnonymousCache:
    """Row "anonymous may read; Varnish keeps an answer up to 32 days"."""

    def test_an_age_of_days_is_normal(self, pipeline):
        handle = start_with(pipeline)
        wait_snapshots(pipeline, "aarhus", 2)
        handle.age_cache(20 * DAY_S)
        line = pipeline.wait(lambda: [line for line in outcomes(pipeline, "aarhus", "unchanged")
                                      if line["age_s"] >= 20 * DAY_S], "an answer of twenty days")[0]
        assert line["http.response.status_code"] in (200, 304)
        assert not outcomes(pipeline, "aarhus", "failed")

    def test_two_alternating_cached_answers_are_told_apart_by_as_of(self, pipeline):
        handle = pipeline.add("aarhus", generate=3)
        old = served(handle).decode()
        gone = next(iter(handle.events()))
        pipeline.start("fetcher", "reconciler")
        pipeline.wait(lambda: len(pipeline.changes("aarhus", "create")) == 3, "three creates")
        handle.edit_event(gone, title="The new title")
        pipeline.wait(lambda: pipeline.changes("aarhus", "update"), "the update")
        for number in range(3):
            before = len(whole(snapshots(pipeline, "aarhus")))
            handle.answer_with(200, old, headers={"Age": str(DAY_S), "ETag": f'"old-{number}"'}, count=1)
            pipeline.wait(lambda: len(whole(snapshots(pipeline, "aarhus"))) >= before + 2,
                          "the old list, and the new one again")
        as_of = [header(record, "as-of") for record in whole(snapshots(pipeline, "aarhus"))]
        assert as_of != sorted(as_of), "an old copy says how old it is"
        assert len(pipeline.changes("aarhus", "update")) == 1, "the vendor hears of none of it"


class TestAListBuiltDuringASave:
    """Row "a list being built while a save happens can stay in the cache": read past it."""

    @pytest.mark.parametrize("log_in", [True, False])
    def test_a_fresh_read_goes_past_the_cache(self, pipeline, log_in):
        handle = pipeline.add("aarhus", {"poll_interval": LATER}, generate=2)
        if not log_in:
            pipeline.credentials.joinpath("aarhus.username").unlink()
        pipeline.start("fetcher")
        wait_snapshots(pipeline, "aarhus", 1)
        pipeline.command("aarhus", command="refresh", id="t0")
        wait_snapshots(pipeline, "aarhus", 2)  # an ordinary read: now it is in the cache
        handle.edit_event(next(iter(handle.events())), title="Not purged", quiet=True)
        pipeline.command("aarhus", command="refresh", full=True, id="t1")
        cached = wait_snapshots(pipeline, "aarhus", 3)[-1]
        pipeline.command("aarhus", command="refresh", fresh=True, full=True, id="t2")
        fresh = wait_snapshots(pipeline, "aarhus", 4)[-1]
        titles = [{event["title"] for event in record.json} for record in (cached, fresh)]
        assert ["Not purged" in some for some in titles] == [False, True]
        asked = [entry for entry in reads(handle) if entry["user"] or "&dplsync=" in entry["url"]]
        assert len({entry["url"] for entry in asked if not entry["user"]}) == (0 if log_in else 2), \
            "each parameter is used once"


class TestChangesThatTouchNoTime:
    """Row "not purged, and updated_at not moved": never skip a list for its times."""

    def test_a_change_without_updated_at_is_published(self, pipeline):
        handle = start_with(pipeline)
        wait_snapshots(pipeline, "aarhus", 2)
        uuid, event = next(iter(handle.events().items()))
        handle.edit_event(uuid, branches=["Another name"], quiet=True)
        handle.purge()
        record = pipeline.wait(lambda: len(found := whole(snapshots(pipeline, "aarhus"))) == 2 and found,
                               "the changed list")[1]
        told = next(one for one in record.json if one["uuid"] == uuid)
        assert (told["branches"], told["updated_at"]) == (["Another name"], event["updated_at"])


class TestCredentials:
    """Row "a request with Authorization passes Varnish; with wrong credentials it is answered as
    anonymous, and counts as a failed log-in"."""

    def test_read_auth_basic_reads_with_the_log_in_and_is_always_fresh(self, pipeline):
        handle = start_with(pipeline, {"read_auth": "basic"})
        records = wait_snapshots(pipeline, "aarhus", 4)
        assert {entry["user"] for entry in reads(handle)} == {"external-system"}
        assert not any(entry["if_none_match"] for entry in reads(handle))
        assert {header(record, "fresh") for record in records} == {"true"}
        assert len(whole(records)) == 1, "what a pass answers is compared by its digest"

    def test_rejected_credentials_are_not_sent_by_ordinary_reads_either(self, pipeline, redis):
        redis.ask(f"SELECT {pipeline.database}", "HSET {aarhus}:status writer_credentials_rejected 1")
        handle = start_with(pipeline, {"read_auth": "basic"})
        wait_snapshots(pipeline, "aarhus", 3)
        assert not any(entry["user"] for entry in reads(handle))

    def test_new_credentials_are_tried_although_the_old_ones_are_rejected(self, pipeline, redis):
        redis.ask(f"SELECT {pipeline.database}", "HSET {aarhus}:status writer_credentials_rejected 1")
        handle = start_with(pipeline)
        wait_snapshots(pipeline, "aarhus", 2)
        assert not any(entry["user"] for entry in reads(handle))
        pipeline.set_credentials("aarhus", "another-user", "another-secret")
        pipeline.wait(lambda: any(entry["user"] == "another-user" for entry in reads(handle)),
                      "a read with the new ones")
        wait_snapshots(pipeline, "aarhus", len(snapshots(pipeline, "aarhus")) + 3)
        assert sum(bool(entry["user"]) for entry in reads(handle)) == 1, "one log-in, and no more"


class TestValidators:
    """Row "ETag is the second of its making; gzip turns it weak; Varnish answers 304"."""

    def test_a_weak_etag_with_gzip_is_sent_back_verbatim(self, pipeline):
        handle = start_with(pipeline)
        entry = pipeline.wait(lambda: [entry for entry in reads(handle) if entry["status"] == 304],
                              "a 304")[0]
        assert entry["accept_encoding"] == "gzip"
        assert entry["if_none_match"].startswith('W/"') and entry["if_modified_since"]

    def test_another_etag_of_the_same_list_is_no_change(self, pipeline):
        handle = start_with(pipeline)
        wait_snapshots(pipeline, "aarhus", 2)
        before = reads(handle)[-1]["if_none_match"]
        handle.purge()
        pipeline.wait(lambda: reads(handle)[-1]["if_none_match"] not in (None, before), "another ETag")
        assert len(whole(snapshots(pipeline, "aarhus"))) == 1


class TestSlowSites:
    """Row "Varnish waits 90 s for the first byte and 90 s between bytes"."""

    def test_a_site_may_take_three_times_90_s(self, pipeline):
        said = subprocess.run([pipeline.service("fetcher").program, "--help"], capture_output=True,
                              text=True, check=True).stdout
        assert "290s" in said.partition("read_timeout")[2].partition("\n\n")[0]

    def test_a_slow_drip_is_read_to_its_end(self, pipeline):
        handle = pipeline.add("aarhus", {"poll_interval": LATER}, generate=5)
        handle.fault("drip", bytes=2000, interval_ms=100)
        pipeline.start("fetcher")
        assert uuids(wait_snapshots(pipeline, "aarhus", 1)[0]) == set(handle.events())

    def test_a_drip_beyond_the_timeout_breaks_off(self, pipeline):
        handle = pipeline.add("aarhus", {"read_timeout": "1s"}, generate=5)
        pipeline.add("viborg", generate=5)
        handle.fault("drip", bytes=10, interval_ms=100)
        pipeline.start("fetcher")
        wait_failure(pipeline, "aarhus", "broken-off")
        assert not snapshots(pipeline, "aarhus")
        wait_snapshots(pipeline, "viborg", 4)

    def test_varnish_s_503_says_when_to_come_back(self, pipeline):
        handle = pipeline.add("aarhus", generate=5)
        handle.varnish_503(count=1)
        pipeline.start("fetcher")
        wait_failure(pipeline, "aarhus", "unavailable")
        wait_snapshots(pipeline, "aarhus", 1)
        first, second = reads(handle)[:2]
        assert second["started_us"] - first["started_us"] >= 4_900_000


class TestTheWindow:
    """Row "from_date compares the stored UTC start; each value is an object of its own"."""

    def test_from_date_is_a_monday_and_stays_for_a_week(self, pipeline):
        handle = start_with(pipeline, {"from_date": "-14d"}, generate=5, future=True)
        record = wait_snapshots(pipeline, "aarhus", 3)[0]
        asked = {entry["url"].partition("&from_date=")[2][:10] for entry in reads(handle)}
        assert asked == {header(record, "from-date")}
        date = datetime.date.fromisoformat(asked.pop())
        behind = (datetime.datetime.now(datetime.UTC).date() - date).days
        assert date.weekday() == 0 and 14 <= behind < 21

    def test_another_window_is_another_list(self, pipeline):
        handle = start_with(pipeline, generate=5, future=True)
        wait_snapshots(pipeline, "aarhus", 3)
        start = handle.control.ledger_next()
        pipeline.municipalities["aarhus"]["from_date"] = "-14d"
        pipeline.write_config()
        entry = pipeline.wait(lambda: [entry for entry in reads(handle, start)
                                       if "from_date" in entry["url"]], "the window to be asked for")[0]
        assert not entry["if_none_match"], "the validators are those of the other list"

    def test_a_date_that_the_site_refuses(self, pipeline):
        handle = pipeline.add("aarhus", {"from_date": "-14d"}, generate=5)
        handle.message(400)
        pipeline.start("fetcher")
        assert "from_date" in wait_failure(pipeline, "aarhus", "refused")["error.message"]


class TestShapes:
    """Rows "null fields are left out, new ones may come", "bytes" and "price.value"."""

    def test_an_event_with_nothing_but_a_uuid_in_capitals_is_an_event(self, pipeline):
        body = '[{"uuid":"0F1C2D3E-AAAA-4000-8000-000000000001","new":{"field":[1e400,"\\u00e6\\/"]}}]'
        handle = pipeline.add("aarhus", {"poll_interval": LATER})
        handle.answer_with(200, body)
        pipeline.start("fetcher", "reconciler")
        assert wait_snapshots(pipeline, "aarhus", 1)[0].value.decode() == body
        change = pipeline.wait(lambda: pipeline.topics.read("changes"), "the create")[0]
        assert change.key == "aarhus/0f1c2d3e-aaaa-4000-8000-000000000001"

    def test_the_api_version_is_a_setting(self, pipeline):
        handle = start_with(pipeline, {"api_version": "v2"})
        wait_failure(pipeline, "aarhus", "not-found")
        assert "/api/v2/events?" in reads(handle)[0]["url"]

    def test_a_changed_list_that_jansson_would_refuse_is_still_told_apart(self, pipeline):
        handle = pipeline.add("aarhus")
        event = '[{"uuid":"0f1c2d3e-0000-4000-8000-000000000001","n":%s}]'
        handle.answer_with(200, event % ("9" * 400))
        pipeline.start("fetcher")
        first = wait_snapshots(pipeline, "aarhus", 2)
        assert len(whole(first)) == 1
        handle.clear_faults()
        handle.answer_with(200, event % ("8" * 400))
        pipeline.wait(lambda: len(whole(snapshots(pipeline, "aarhus"))) == 2, "the other number")


class TestErrors:
    """Row "errors: Varnish's 503 is HTML, maintenance is text, others are JSON; 403 and 404 stay in the
    cache for 10 s". What each failure publishes, nothing, is test_fetcher.py's."""

    @pytest.mark.parametrize("status, reason, advice", [
        (403, "forbidden", "administrator"), (404, "not-found", "base_url"), (406, "unexpected-status", ""),
        (429, "busy", ""), (500, "site-error", ""), (503, "unavailable", "maintenance")])
    def test_a_status_is_named_and_says_what_to_do(self, pipeline, status, reason, advice):
        handle = pipeline.add("aarhus", generate=1)
        handle.message(status)
        pipeline.start("fetcher")
        line = wait_failure(pipeline, "aarhus", reason)
        assert line["http.response.status_code"] == status and advice in line["error.message"]
        pipeline.wait(lambda: pipeline.redis_status("aarhus").get("fetcher_reason") == reason,
                      "the operator to see it")

    def test_a_304_that_was_not_asked_for_confirms_nothing(self, pipeline):
        handle = pipeline.add("aarhus", generate=1)
        handle.answer_with(304, "")
        pipeline.start("fetcher")
        wait_failure(pipeline, "aarhus", "unexpected-304")
        assert not snapshots(pipeline, "aarhus")

    def test_repeats_of_one_failure_are_summed_up(self, pipeline):
        handle = pipeline.add("aarhus", {"poll_interval": "100ms"}, generate=1)
        handle.message(500)
        pipeline.start("fetcher")
        pipeline.wait(lambda: len(reads(handle)) >= 12, "a dozen attempts")
        assert len(outcomes(pipeline, "aarhus", "failed")) < 6
        handle.clear_faults()
        pipeline.wait(lambda: outcomes(pipeline, "aarhus", "published"), "the end of it")
        assert json.dumps(outcomes(pipeline, "aarhus", "failed")[-1])
