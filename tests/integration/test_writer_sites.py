"""What a site may do to a PATCH, row by row of CMS-API.md "Writing", and what becomes of the update
then: the writer alone, on real Kafka and Redis, against simulated sites."""

import time
import uuid as uuids
from datetime import datetime, timedelta, timezone

import pytest
import redis as redis_client

from test_writer import FAST, LINK, first, ledger, letters, outcomes, start_with, wait_results

LINKS = [{"url": f"https://tickets.example/{n}", "admin_url": f"https://tickets.example/admin/{n}"}
         for n in range(8)]
GONE_PAGE = "<!DOCTYPE html><html><body>Siden findes ikke</body></html>"


def redis_link(pipeline):
    return redis_client.Redis(port=pipeline.redis.port, db=pipeline.database)


def pretend_snapshot(pipeline):
    """As if a list had been applied, in which no event is."""
    with redis_link(pipeline) as link:
        link.hset("{aarhus}:m", "epoch", 1)


def hours_ago(hours):
    """Such an event has ended, and is still in the list."""
    then = datetime.now(timezone(timedelta(hours=1))) - timedelta(hours=hours)
    return then.isoformat(timespec="seconds")


def status(pipeline, field):
    return pipeline.redis_status("aarhus").get(field)


@pytest.fixture
def aarhus(pipeline):
    return start_with(pipeline)


class TestRows:
    """One test a row of the writing table, where test_writer.py has none."""

    @pytest.mark.parametrize("update, reason", [
        ({"state": None}, "invalid-state"),
        ({"state": ""}, "invalid-state"),
        ({"external_data": {"url": "https://tickets.example/" + "x" * 2048}}, "invalid-url"),
        ({"external_data": []}, "invalid-external-data"),
    ])
    def test_what_the_cms_would_ignore_or_choke_on_is_not_sent(self, pipeline, aarhus, update, reason):
        pipeline.send("aarhus", uuid=first(aarhus), **update)
        assert letters(pipeline)[0].headers["dplsync-reason"] == reason
        assert not aarhus.patches()

    def test_an_erased_link_may_come_back_as_that_of_the_series(self, pipeline, aarhus):
        uuid = first(aarhus)
        series = aarhus.event(uuid)["series"]["uuid"]
        aarhus.edit_series(series, external_data={"url": "https://series.example/"})
        pipeline.send("aarhus", uuid=uuid, external_data=LINK)
        pipeline.send("aarhus", uuid=uuid, external_data={"url": None, "admin_url": None})
        pipeline.wait(lambda: len(pipeline.results("aarhus")) == 2, "both to end")
        assert pipeline.results("aarhus")[-1]["outcome"] == "applied"
        assert aarhus.patches(uuid)[-1]["json"] == {"external_data": {"url": None, "admin_url": None}}

    def test_a_deleted_event_is_gone(self, pipeline, aarhus):
        pretend_snapshot(pipeline)
        pipeline.send("aarhus", uuid=str(uuids.uuid4()), external_data=LINK)
        result = wait_results(pipeline, 1)[0]
        assert (result["outcome"], result["status"]) == ("gone", 404)
        assert not pipeline.dead_letters()

    def test_an_unpublished_event_is_written_like_any_other(self, pipeline, aarhus):
        uuid = first(aarhus)
        aarhus.unpublish(uuid)
        pipeline.send("aarhus", uuid=uuid, external_data=LINK)
        assert outcomes(wait_results(pipeline, 1)) == ["applied"]

    def test_a_state_of_an_event_that_is_over_is_not_sent(self, pipeline):
        handle = pipeline.add("aarhus", FAST, generate=3, future=True)
        uuid = first(handle)
        handle.edit_event(uuid, date_time={"start": hours_ago(2), "end": hours_ago(1)})
        pipeline.start()
        pipeline.wait(lambda: pipeline.changes("aarhus", uuid=uuid), "the event to be known")
        pipeline.send("aarhus", uuid=uuid, state="Active")
        assert outcomes(wait_results(pipeline, 1)) == ["ended"]
        pipeline.send("aarhus", uuid=uuid, external_data=LINK)
        assert outcomes(wait_results(pipeline, 2)) == ["ended", "applied"]
        assert [patch["json"] for patch in handle.patches()] == [{"external_data": LINK}]

    def test_without_a_log_in_401_stops_the_site(self, pipeline, aarhus):
        aarhus.message(401, method="PATCH")
        for uuid in list(aarhus.events())[:3]:
            pipeline.send("aarhus", uuid=uuid, state="SoldOut")
        pipeline.wait(lambda: status(pipeline, "writer_credentials_rejected") == "1", "the status to say so")
        assert len(aarhus.patches()) <= 2  # as many as were in flight
        assert not pipeline.results() and not pipeline.dead_letters()

    @pytest.mark.parametrize("code", [400, 405, 406, 413, 415, 422])
    def test_what_is_refused_for_good_is_dead(self, pipeline, aarhus, code):
        aarhus.message(code, method="PATCH")
        pipeline.send("aarhus", uuid=first(aarhus), state="SoldOut")
        assert outcomes(wait_results(pipeline, 1)) == ["dead"]
        assert letters(pipeline)[0].headers["dplsync-status"] == str(code)
        assert len(aarhus.patches()) == 1

    @pytest.mark.parametrize("code", [409, 412, 423])
    def test_a_conflict_is_tried_three_times_more(self, pipeline, aarhus, code):
        aarhus.message(code, method="PATCH")
        pipeline.send("aarhus", uuid=first(aarhus), state="SoldOut")
        result = wait_results(pipeline, 1)[0]
        assert (result["outcome"], result["attempts"]) == ("dead", 4)
        assert letters(pipeline)[0].headers["dplsync-reason"] == "attempts-exhausted"

    @pytest.mark.parametrize("code", [408, 425, 429, 502, 503, 504])
    def test_what_passes_is_waited_for(self, pipeline, aarhus, code):
        aarhus.message(code, method="PATCH", executes=False, count=3)
        pipeline.send("aarhus", uuid=first(aarhus), state="SoldOut")
        result = wait_results(pipeline, 1)[0]
        assert (result["outcome"], result["attempts"]) == ("applied", 4)

    def test_a_500_waits_and_holds_up_nobody_else(self, pipeline, aarhus):
        uuid, other = list(aarhus.events())[:2]
        aarhus.answer_with(500, "500 500 Service unavailable (with message)", "text/plain",
                           method="PATCH", uuid=uuid, executes=False)
        pipeline.send("aarhus", uuid=uuid, state="SoldOut")
        pipeline.send("aarhus", uuid=other, state="SoldOut")
        result = wait_results(pipeline, 1)[0]
        assert (result["uuid"], result["outcome"]) == (other, "applied")
        assert len(aarhus.patches(uuid)) == 1 and not pipeline.dead_letters()
        pipeline.wait(lambda: "sealed_at" in ledger(pipeline, uuid), "it to be sealed")

    @pytest.mark.parametrize("kind", ["reset", "empty", "truncate"])
    def test_a_connection_that_breaks_is_an_unknown_outcome(self, pipeline, aarhus, kind):
        uuid = first(aarhus)
        aarhus.fault(kind, method="PATCH", executes=True, count=1)
        pipeline.send("aarhus", uuid=uuid, state="SoldOut")
        result = wait_results(pipeline, 1)[0]
        assert (result["outcome"], result["attempts"]) == ("applied", 2)
        assert len(aarhus.patches(uuid)) == 2
        assert "sealed_at" in ledger(pipeline, uuid)

    def test_one_patch_of_an_event_at_a_time(self, pipeline):
        handle = start_with(pipeline, settings={"write_in_flight": 16})
        uuid = first(handle)
        handle.fault("delay", method="PATCH", delay_ms=50)
        for number in range(40):
            pipeline.send("aarhus", uuid=uuid, state=("Active", "SoldOut")[number % 2],
                          external_data=LINKS[number % 8])
        pipeline.wait(lambda: len(pipeline.results("aarhus")) == 40, "all to end")
        assert not any(patch["overlapped"] for patch in handle.patches())
        assert handle.event(uuid)["external_data"] == LINKS[39 % 8]

    def test_a_redirect_is_not_followed(self, pipeline, aarhus):
        aarhus.redirect("https://elsewhere.example/", method="PATCH")
        pipeline.send("aarhus", uuid=first(aarhus), state="SoldOut")
        pipeline.wait(lambda: status(pipeline, "writer_breaker") == "open", "the breaker to open")
        assert len(aarhus.patches()) == 1 and not pipeline.results()

    @pytest.mark.slow
    @pytest.mark.parametrize("spoil", [
        lambda site: site.fault("wrong_echo", method="PATCH", count=1),
        lambda site: site.html(method="PATCH", executes=False, count=1),
    ], ids=["another event's state", "a page"])
    def test_a_200_that_is_not_the_echo_is_no_success(self, pipeline, aarhus, spoil):
        uuid = first(aarhus)
        spoil(aarhus)
        pipeline.send("aarhus", uuid=uuid, state="SoldOut")
        result = wait_results(pipeline, 1, timeout=60)[0]  # half a minute later
        assert (result["outcome"], result["attempts"]) == ("applied", 2)
        assert aarhus.event(uuid)["state"] == "SoldOut"


class TestTrouble:
    def test_a_late_arrival_does_not_stand(self, pipeline):
        handle = start_with(pipeline, settings={"write_timeout": "1s"}, writer={"seal_after": "4s"})
        uuid = first(handle)
        handle.fault("hang", method="PATCH", executes=True, execute_after_ms=3000, count=1)
        pipeline.send("aarhus", uuid=uuid, state="Active")
        handle.wait_patches(1)
        pipeline.send("aarhus", uuid=uuid, state="SoldOut")
        wait_results(pipeline, 2)
        assert sorted(outcomes(pipeline.results("aarhus"))) == ["applied", "superseded"]
        pipeline.wait(lambda: handle.event(uuid)["state"] == "Active", "the late one to arrive")
        pipeline.wait(lambda: handle.event(uuid)["state"] == "SoldOut", "the newest to be sent again")

    def test_one_update_outlives_an_outage(self, pipeline, aarhus):
        aarhus.maintenance(method="PATCH", executes=False, count=9)
        pipeline.send("aarhus", uuid=first(aarhus), state="SoldOut")
        result = wait_results(pipeline, 1)[0]
        assert (result["outcome"], result["attempts"]) == ("applied", 10)
        assert not pipeline.dead_letters()

    def test_a_state_and_a_link_behind_it_outlive_a_crash(self, pipeline, aarhus):
        uuid = first(aarhus)
        aarhus.maintenance(method="PATCH", executes=False)
        pipeline.send("aarhus", uuid=uuid, state="SoldOut")
        aarhus.wait_patches(1)
        pipeline.send("aarhus", uuid=uuid, external_data=LINK)
        aarhus.wait_patches(3)
        pipeline["writer"].kill()
        with redis_link(pipeline) as link:
            link.delete("{aarhus}:w")  # with it the lease of the killed one; rebuilt from results
        aarhus.clear_faults()
        pipeline.start("writer")
        assert set(outcomes(wait_results(pipeline, 2))) == {"applied"}
        event = aarhus.event(uuid)
        assert (event["state"], event["external_data"]) == ("SoldOut", LINK)

    @pytest.mark.parametrize("answer", [
        lambda site: site.answer_with(404, GONE_PAGE, "text/html", method="PATCH"),
        lambda site: site.message(404, "No route found", method="PATCH"),
    ], ids=["the domain moved", "wrong api_version"])
    def test_404_for_everything_makes_nothing_gone(self, pipeline, answer):
        handle = pipeline.add("aarhus", FAST, generate=5, future=True)
        pipeline.start()
        events = list(handle.events())
        pipeline.wait(lambda: len(pipeline.changes("aarhus")) == 5, "the events to be known")
        answer(handle)
        for uuid in events:
            pipeline.send("aarhus", uuid=uuid, external_data=LINK)
        pipeline.wait(lambda: status(pipeline, "writer_breaker") == "open", "the breaker to open")
        assert not pipeline.results() and not pipeline.dead_letters()
        assert len(handle.patches()) <= 2
        said = [line for line in pipeline["writer"].log_lines() if line.get("message") == "circuit breaker"]
        assert "404" in said[0]["error.message"]

    def test_a_sold_out_is_sent_before_five_thousand_links(self, pipeline):
        handle = start_with(pipeline, settings={"write_rate": 4, "write_burst": 4}, generate=5001)
        events = list(handle.events())
        pipeline.topics.send_all("updates", (
            ("aarhus", {"municipality": "aarhus", "uuid": uuid, "external_data": LINK})
            for uuid in events[1:]))
        waiting = 'dplsync_writer_waiting_updates{municipality="aarhus"}'
        pipeline.wait(lambda: pipeline["writer"].metrics().get(waiting, 0) > 4900, "the links to wait")
        start = time.monotonic()
        pipeline.send("aarhus", uuid=events[0], state="SoldOut")
        handle.wait_patches(1, uuid=events[0], timeout=10)
        assert time.monotonic() - start < 2

    @pytest.mark.slow
    def test_ten_thousand_updates_behind_an_outage_are_200_patches(self, pipeline):
        handle = start_with(pipeline, settings={"write_in_flight": 16}, generate=200)
        events = list(handle.events())
        handle.maintenance(method="PATCH", executes=False)
        pipeline.topics.send_all("updates", (
            ("aarhus", {"municipality": "aarhus", "uuid": events[n % 200],
                        "state": ("Active", "SoldOut")[n // 200 % 2], "external_data": LINKS[n // 200 % 8]})
            for n in range(10_000)))
        pipeline.wait(lambda: len(pipeline.results("aarhus")) == 9800, "those that were overtaken", 120)
        pipeline.wait(lambda: status(pipeline, "writer_breaker") == "open", "the breaker to open")
        down = handle.control.ledger_next()
        handle.clear_faults()
        pipeline.wait(lambda: len(pipeline.results("aarhus")) == 10_000, "all to end", 120)
        assert len(handle.patches(start=down)) == 200
        assert outcomes(pipeline.results("aarhus")[-200:]) == ["applied"] * 200
        assert {event["state"] for event in handle.events().values()} == {"SoldOut"}

    def test_a_redis_that_went_back_in_time(self, pipeline, aarhus, redis):
        uuid = first(aarhus)
        pipeline.send("aarhus", uuid=uuid, state="Active", external_data=LINK)
        wait_results(pipeline, 1)
        redis.save()
        pipeline.send("aarhus", uuid=uuid, state="SoldOut")
        wait_results(pipeline, 2)
        redis.restore()
        pipeline.send("aarhus", uuid=uuid, external_data={"url": "https://tickets.example/new"})
        assert outcomes(wait_results(pipeline, 3, timeout=60)) == ["applied"] * 3
        event = aarhus.event(uuid)
        assert (event["state"], event["external_data"]["url"]) == ("SoldOut", "https://tickets.example/new")
        entry = ledger(pipeline, uuid)
        assert entry["state"] == "SoldOut" and not {"o", "e"} & entry.keys()  # all of it confirmed
