"""The operator's command beside running services: what an operator asks for, happens."""

import signal
import subprocess
import time
from datetime import datetime, timezone

import pytest
import redis as redis_client

from operate import assert_one_sentence, operate, operate_json, run
from parts import build_directory

LINK = {"url": "https://tickets.example/e/77", "admin_url": "https://tickets.example/admin/e/77"}


@pytest.fixture
def aarhus(pipeline):
    """A running pipeline with one site of ten events, all told."""
    handle = pipeline.add("aarhus", generate=10, future=True)
    pipeline.start()
    pipeline.wait(lambda: len(pipeline.changes("aarhus", "create")) == 10, "ten creates")
    return handle


@pytest.fixture
def rare(pipeline):
    """The same, with a site that is read so rarely that a read is one that was asked for."""
    handle = pipeline.add("aarhus", {"poll_interval": "1h"}, generate=10, future=True)
    pipeline.start()
    pipeline.wait(lambda: len(pipeline.changes("aarhus", "create")) == 10, "ten creates")
    return handle


def held(pipeline):
    return int(pipeline.redis_status("aarhus").get("reconciler_held", 0))


def hold_seven(pipeline, handle):
    """Seven of ten vanish: too many to be believed. Their uuids."""
    gone = sorted(handle.events())[:7]
    handle.unpublish_together(gone)
    pipeline.wait(lambda: held(pipeline) == 7, "the hold of all seven")
    return gone


class TestRefresh:
    def test_reads_the_site_now(self, pipeline, rare):
        uuid = next(iter(rare.events()))
        rare.edit_event(uuid, title="Ny titel")
        assert operate(pipeline, "refresh", "aarhus") == "refresh: asked of 1 municipality\n"
        pipeline.wait(lambda: pipeline.changes("aarhus", "update", uuid), "the edit to be told")

    def test_full_and_fresh_are_passed_on(self, pipeline, rare):
        closed = len(pipeline.changes("aarhus", "snapshot"))
        start = rare.control.ledger_next()
        operate(pipeline, "refresh", "--all", "--full", "--fresh")
        pipeline.wait(lambda: len(pipeline.changes("aarhus", "snapshot")) > closed, "the list to be applied")
        read = pipeline.wait(lambda: rare.ledger(start, method="GET"), "the read")[0]
        assert read["cache"] == "pass", "a fresh read goes past the site's cache"

    def test_a_dry_run_asks_nothing(self, pipeline, rare):
        said = operate_json(pipeline, "refresh", "aarhus", "--dry-run")
        assert said == {"dry_run": True, "command": "refresh", "municipalities": ["aarhus"]}
        assert pipeline.topics.read("control") == []

    def test_reassert_tells_everything_again(self, pipeline, rare):
        operate(pipeline, "reassert", "aarhus")
        again = pipeline.wait(lambda: (found := pipeline.changes("aarhus", "update")) and
                              len(found) == 10 and found, "ten updates")
        assert all(change["reassert"] for change in again)


class TestHolds:
    def test_are_listed_and_shown_with_titles(self, pipeline, aarhus):
        titles = {uuid: event["title"] for uuid, event in aarhus.events().items()}
        assert operate(pipeline, "holds", "list") == "nothing is held\n"
        gone = hold_seven(pipeline, aarhus)
        listed = operate_json(pipeline, "holds", "list")["holds"]
        assert [(hold["municipality"], hold["count"], hold["why"]) for hold in listed] == \
            [("aarhus", 7, "too-many")]
        shown = operate_json(pipeline, "holds", "show", "aarhus")
        assert (shown["hold"], shown["count"], shown["known"]) == (listed[0]["hold"], 7, 10)
        assert {event["uuid"]: event["title"] for event in shown["events"]} == \
            {uuid: titles[uuid] for uuid in gone}
        text = operate(pipeline, "holds", "show", "aarhus")
        assert f"dplsync holds approve aarhus {shown['hold']}" in text
        assert all(titles[uuid] in text for uuid in gone)

    def test_an_approved_hold_is_deleted(self, pipeline, aarhus):
        gone = hold_seven(pipeline, aarhus)
        hold = operate_json(pipeline, "holds", "list")["holds"][0]["hold"]
        said = operate_json(pipeline, "holds", "approve", "aarhus", hold)
        assert (said["hold"], said["count"]) == (hold, 7)
        pipeline.wait(lambda: len(pipeline.changes("aarhus", "delete")) == 7, "seven deletions")
        assert sorted(change["uuid"] for change in pipeline.changes("aarhus", "delete")) == gone
        pipeline.wait(lambda: operate(pipeline, "holds", "list") == "nothing is held\n", "the hold to end")
        again = run("holds", "approve", "aarhus", hold, "--config", pipeline.config_path)
        assert_one_sentence(again, 1, "no hold now")

    def test_a_rejected_hold_deletes_nothing(self, pipeline, aarhus):
        hold_seven(pipeline, aarhus)
        hold = operate_json(pipeline, "holds", "list")["holds"][0]["hold"]
        operate(pipeline, "holds", "reject", "aarhus", hold)
        pipeline.wait(lambda: held(pipeline) == 0, "the hold to end")
        gauge = 'dplsync_reconciler_held_deletions{municipality="aarhus"}'
        pipeline.wait(lambda: pipeline["reconciler"].metrics()[gauge] == 0, "its gauge to follow, without another list")
        closed = len(pipeline.changes("aarhus", "snapshot"))
        operate(pipeline, "refresh", "aarhus", "--full", "--fresh")
        pipeline.wait(lambda: len(pipeline.changes("aarhus", "snapshot")) > closed, "another list to be applied")
        assert pipeline.changes("aarhus", "delete") == []

    def test_another_hold_than_the_one_that_was_seen_is_refused(self, pipeline, aarhus):
        hold_seven(pipeline, aarhus)
        hold = operate_json(pipeline, "holds", "list")["holds"][0]["hold"]
        aarhus.publish(sorted(aarhus.events())[0])
        pipeline.wait(lambda: held(pipeline) == 6, "one of the seven to be back")
        result = run("holds", "approve", "aarhus", hold, "--config", pipeline.config_path)
        assert_one_sentence(result, 1, "another hold now", "with 6 deletions", "holds show aarhus")
        assert [record for record in pipeline.topics.read("control") if b"approve" in record.value] == []

    def test_a_dry_run_decides_nothing(self, pipeline, aarhus):
        hold_seven(pipeline, aarhus)
        hold = operate_json(pipeline, "holds", "list")["holds"][0]["hold"]
        assert "7 deletions would be approved" in operate(pipeline, "holds", "approve", "aarhus", hold, "--dry-run")
        assert [record for record in pipeline.topics.read("control") if b"approve" in record.value] == []


def spoil(pipeline, count=1, state="Soldout", uuid="0f1c0000-0000-4000-8000-000000000001"):
    """Updates that nobody can accept."""
    for _ in range(count):
        pipeline.send("aarhus", uuid=uuid, state=state)
    pipeline.wait(lambda: len(pipeline.dead_letters()) >= count, "the dead letters")


@pytest.fixture
def refused(pipeline):
    """Five updates, each of its event, that the site refused; it accepts them now."""
    handle = pipeline.add("aarhus", {"write_rate": 100, "write_burst": 100}, generate=10, future=True)
    pipeline.start()
    pipeline.wait(lambda: len(pipeline.changes("aarhus", "create")) == 10, "ten creates")
    handle.message(422, method="PATCH")
    uuids = sorted(handle.events())[:5]
    for uuid in uuids:
        pipeline.send("aarhus", uuid=uuid, state="SoldOut")
    pipeline.wait(lambda: len(pipeline.dead_letters()) == 5, "five dead letters")
    handle.clear_faults()
    return handle, uuids


def listed(pipeline, *arguments):
    return operate_json(pipeline, "dead-letters", "list", *arguments)["dead_letters"]


class TestDeadLetters:
    def test_are_listed_with_their_reason_and_shown_whole(self, pipeline, aarhus):
        assert operate(pipeline, "dead-letters", "list") == "no dead letters wait\n"
        spoil(pipeline)
        letter, = listed(pipeline)
        assert (letter["municipality"], letter["reason"]) == ("aarhus", "invalid-state")
        assert "state" in letter["detail"]
        text = operate(pipeline, "dead-letters", "list")
        assert letter["letter"] in text and "invalid-state" in text
        shown = operate(pipeline, "dead-letters", "show", letter["letter"])
        assert '"state":"Soldout"' in shown and letter["detail"] in shown
        whole = operate_json(pipeline, "dead-letters", "show", letter["letter"])
        assert whole["value"].encode() == pipeline.topics.read("updates")[0].value

    @pytest.mark.parametrize("filters, count", [
        (["--municipality", "aarhus"], 5), (["--municipality", "viborg"], 0),
        (["--reason", "rejected-by-cms"], 5), (["--reason", "invalid-state"], 0),
        (["--uuid", "FIRST"], 1), (["--from", "1h"], 5), (["--to", "1h"], 0),
        (["--from", "2030-01-01"], 0),
    ])
    def test_are_narrowed(self, pipeline, refused, filters, count):
        _, uuids = refused
        filters = [uuids[0] if word == "FIRST" else word for word in filters]
        assert len(listed(pipeline, *filters)) == count

    def test_replayed_ones_reach_the_site_and_wait_no_more(self, pipeline, refused):
        handle, uuids = refused
        said = operate_json(pipeline, "dead-letters", "replay", "--municipality", "aarhus")
        assert said == {"dry_run": False, "replayed": 5, "refused": []}
        for uuid in uuids:
            pipeline.wait(lambda uuid=uuid: handle.event(uuid)["state"] == "SoldOut", "the state on the site")
        assert listed(pipeline) == []
        assert {letter["fate"] for letter in listed(pipeline, "--handled")} == {"replayed"}
        versions = {result["version"] for result in pipeline.results("aarhus")}
        pipeline.wait(lambda: sum(result["outcome"] == "applied" for result in pipeline.results("aarhus")) == 5,
                      "five results")
        assert {result["version"] for result in pipeline.results("aarhus")} == versions, "the versions stay"
        again = operate_json(pipeline, "dead-letters", "replay", "--all")
        assert again["replayed"] == 0

    def test_one_is_replayed_by_its_name(self, pipeline, refused):
        handle, uuids = refused
        letter, = listed(pipeline, "--uuid", uuids[2])
        operate(pipeline, "dead-letters", "replay", letter["letter"])
        pipeline.wait(lambda: handle.event(uuids[2])["state"] == "SoldOut", "the state on the site")
        assert len(listed(pipeline)) == 4

    def test_a_replayed_one_does_not_win_over_a_newer_wish(self, pipeline, refused):
        handle, uuids = refused
        pipeline.send("aarhus", uuid=uuids[0], state="Cancelled")
        pipeline.wait(lambda: handle.event(uuids[0])["state"] == "Cancelled", "the newer state")
        letter, = listed(pipeline, "--uuid", uuids[0])
        operate(pipeline, "dead-letters", "replay", "--uuid", uuids[0])
        pipeline.wait(lambda: any(result["outcome"] == "superseded" and result["version"] == letter["version"]
                                  for result in pipeline.results("aarhus", uuids[0])), "superseded")
        assert handle.event(uuids[0])["state"] == "Cancelled"

    def test_what_would_be_refused_again_is_not_sent(self, pipeline, aarhus):
        spoil(pipeline, 2)
        said = operate_json(pipeline, "dead-letters", "replay", "--all", code=1)
        assert said["replayed"] == 0 and len(said["refused"]) == 2
        assert "the vendor must send a corrected one" in said["refused"][0]["why"]
        assert len(pipeline.topics.read("updates")) == 2
        assert len(listed(pipeline)) == 2

    def test_discarded_ones_are_listed_no_more(self, pipeline, aarhus):
        spoil(pipeline, 2)
        first = listed(pipeline)[0]["letter"]
        assert operate(pipeline, "dead-letters", "discard", first) == "1 of 1 dead letters discarded\n"
        assert len(listed(pipeline)) == 1
        assert operate_json(pipeline, "dead-letters", "show", first)["fate"] == "discarded"

    def test_a_dry_run_marks_and_sends_nothing(self, pipeline, refused):
        said = operate_json(pipeline, "dead-letters", "replay", "--all", "--dry-run")
        assert (said["dry_run"], said["replayed"]) == (True, 5)
        assert operate(pipeline, "dead-letters", "discard", "--all", "--dry-run") == \
            "5 of 5 dead letters would be discarded\n"
        assert len(listed(pipeline)) == 5 and len(pipeline.topics.read("dead-letters")) == 5

    def test_a_hostile_message_cannot_reach_the_terminal(self, pipeline, aarhus):
        pipeline.topics.send("updates", "aarhus", b'{"municipality":"aarhus","uuid":"\x1b[2J\xe2\x80\xaegnp"}')
        pipeline.wait(pipeline.dead_letters, "the dead letter")
        name = listed(pipeline)[0]["letter"]
        for text in (operate(pipeline, "dead-letters", "list"), operate(pipeline, "dead-letters", "show", name)):
            assert "\x1b" not in text and "‮" not in text


@pytest.fixture
def sold(pipeline):
    """Three events that the vendor has linked and sold out."""
    handle = pipeline.add("aarhus", {"write_rate": 100, "write_burst": 100}, generate=10, future=True)
    pipeline.start()
    pipeline.wait(lambda: len(pipeline.changes("aarhus", "create")) == 10, "ten creates")
    uuids = sorted(handle.events())[:3]
    for uuid in uuids:
        pipeline.send("aarhus", uuid=uuid, external_data=LINK, state="SoldOut")
    pipeline.wait(lambda: len(pipeline.results("aarhus")) == 3, "three results")
    return handle, uuids


def lose(handle, uuids):
    """By hand, on the site: what the vendor had written is gone."""
    for uuid in uuids:
        handle.edit_event(uuid, state="Active", external_data={})


def wait_sold(pipeline, handle, uuids):
    for uuid in uuids:
        pipeline.wait(lambda uuid=uuid: (event := handle.event(uuid))["state"] == "SoldOut" and
                      event["external_data"] == LINK, "the site to show the wish again")


class TestReplay:
    def test_results_put_back_what_should_stand(self, pipeline, sold):
        handle, uuids = sold
        lose(handle, uuids)
        said = operate_json(pipeline, "replay", "results", "--from", "1h")
        assert (said["meant"], said["sent"], said["came_to_nothing"]) == (3, 3, 0)
        wait_sold(pipeline, handle, uuids)
        assert pipeline.dead_letters() == []

    def test_updates_of_a_span_go_out_again_and_nothing_old_wins(self, pipeline, sold):
        handle, uuids = sold
        pipeline.send("aarhus", uuid=uuids[0], state="Cancelled")
        pipeline.wait(lambda: handle.event(uuids[0])["state"] == "Cancelled", "the newer state")
        lose(handle, uuids)
        said = operate_json(pipeline, "replay", "updates", "--from", "1h")
        assert (said["meant"], said["sent"]) == (3, 3), "one record an event"
        wait_sold(pipeline, handle, uuids[1:])
        pipeline.wait(lambda: handle.event(uuids[0])["state"] == "Cancelled", "the newest state, not an older one")
        assert handle.event(uuids[0])["external_data"] == LINK

    def test_the_same_run_again_sends_nothing_twice(self, pipeline, sold):
        handle, uuids = sold
        lose(handle, uuids)
        run = operate_json(pipeline, "replay", "results", "--all")["run"]
        wait_sold(pipeline, handle, uuids)
        patches = len(handle.patches())
        assert operate_json(pipeline, "replay", "results", "--all", "--run", run)["sent"] == 3
        pipeline.send("aarhus", uuid=uuids[0], state="Cancelled")
        pipeline.wait(lambda: handle.event(uuids[0])["state"] == "Cancelled", "what comes behind it")
        assert len(handle.patches()) == patches + 1

    @pytest.mark.parametrize("filters, meant", [
        (["--municipality", "aarhus"], 3), (["--municipality", "viborg"], 0), (["--uuid", "FIRST"], 1),
        ])
    def test_is_narrowed(self, pipeline, sold, filters, meant):
        _, uuids = sold
        filters = [uuids[0] if word == "FIRST" else word for word in filters]
        for what in ("updates", "results"):
            said = operate_json(pipeline, "replay", what, "--from", "2h", *filters, "--dry-run")
            assert (said["meant"], said["sent"]) == (meant, meant)
        said = operate_json(pipeline, "replay", "updates", "--from", "2h", "--to", "1h", "--dry-run")
        assert said["meant"] == 0
        assert len(pipeline.topics.read("updates")) == 3, "a dry run sends nothing"

    def test_an_interrupted_run_goes_on(self, pipeline, sold):
        handle, uuids = sold
        lose(handle, uuids)
        replay = subprocess.Popen([build_directory() / "bin" / "dplsync", "replay", "results", "--all", "--rate", "1",
                                   "--config", pipeline.config_path],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        pipeline.wait(lambda: len(pipeline.topics.read("updates")) == 4, "the first to be sent")
        replay.send_signal(signal.SIGINT)
        _, said = replay.communicate(timeout=10)
        assert replay.returncode == 1 and "not all is done" in said
        run = said.split("--run ")[1].split()[0]
        operate(pipeline, "replay", "results", "--all", "--run", run)
        wait_sold(pipeline, handle, uuids)
        assert len(handle.patches()) == 6, "what was sent before is not sent again"

    def test_a_bad_hour_is_taken_back(self, pipeline, sold):
        handle, uuids = sold
        begin = 1 + max(record.timestamp_ms for record in pipeline.topics.read("updates"))
        pipeline.wait(lambda: time.time() * 1000 > begin, "the clock to move on")
        for uuid in uuids:
            pipeline.send("aarhus", uuid=uuid, state="Cancelled")
        fourth = sorted(handle.events())[3]
        pipeline.send("aarhus", uuid=fourth, state="Cancelled")
        end = 1 + max(record.timestamp_ms for record in pipeline.topics.read("updates"))
        pipeline.wait(lambda: time.time() * 1000 > end, "the clock to move on")
        pipeline.send("aarhus", uuid=uuids[2], state="Active")
        pipeline.wait(lambda: handle.event(uuids[1])["state"] == "Cancelled" and
                      handle.event(uuids[2])["state"] == "Active", "the bad states, and one that was put right")
        span = ["--from", moment(begin), "--to", moment(end)]
        said = operate_json(pipeline, "replay", "updates", "--undo", *span)
        assert (said["sent"], said["without_earlier_wish"]) == (2, 1)
        pipeline.wait(lambda: all(handle.event(uuid)["state"] == "SoldOut" for uuid in uuids[:2]), "the states from before")
        assert handle.event(uuids[2])["state"] == "Active", "what was wished anew since stays"
        assert operate_json(pipeline, "replay", "updates", "--undo", *span)["sent"] == 0, "twice does no more than once"


def moment(ms):
    return datetime.fromtimestamp(ms / 1000, timezone.utc).isoformat(timespec="milliseconds")


class TestRetire:
    def leave(self, pipeline):
        """It leaves the configuration of every pod."""
        del pipeline.municipalities["aarhus"]
        pipeline.add("viborg", generate=1, future=True)
        pipeline.write_config()
        pipeline.wait(lambda: pipeline.changes("viborg", "create"), "the new configuration to be read")

    def keys(self, pipeline):
        with redis_client.Redis(port=pipeline.redis.port, db=pipeline.database, decode_responses=True) as link:
            return sorted(link.keys("{aarhus}:*"))

    def test_the_vendor_is_told_and_the_state_is_cleared(self, pipeline, sold):
        handle, _ = sold
        self.leave(pipeline)
        assert operate_json(pipeline, "retire", "aarhus", "--force", "--dry-run")["gone"] == 10
        assert pipeline.changes("aarhus", "delete") == [] and self.keys(pipeline) != []
        said = operate_json(pipeline, "retire", "aarhus", "--force")
        assert (said["gone"], said["cleared"]) == (10, len({"f", "m", "s", "w", "status"}))
        gone = pipeline.changes("aarhus", "delete")
        assert {change["uuid"] for change in gone} == set(handle.events())
        assert {change["reason"] for change in gone} == {"retired"}
        before = max(change["version"] for change in pipeline.changes("aarhus", "create"))
        assert all(change["version"] > before for change in gone)
        assert pipeline.vendor_table("aarhus") == {} and self.keys(pipeline) == []
        assert pipeline.changes("aarhus", "snapshot")[-1]["known"] == 0
        assert said["remaining"] == 10 + 3 + 1, "ten events, three results, the completion record"
        assert operate_json(pipeline, "retire", "aarhus")["gone"] == 0, "a second time tells nothing"
        text = operate(pipeline, "retire", "aarhus")
        assert "14 keys stay" in text and f"`dplsync retire aarhus` again after {said['again_after'][:10]}" in text
        assert pipeline.dead_letters() == []

    def test_the_municipalitys_own_key_goes_when_no_event_is_left(self, pipeline):
        pipeline.write_config()
        pipeline.topics.send("changes", "aarhus", {
            "op": "snapshot", "municipality": "aarhus", "version": (1 << 40) + 7, "as_of": "2026-03-01T09:00:02.117Z",
            "known": 0, "created": 0, "updated": 0, "deleted": 0, "held": 0})
        assert operate_json(pipeline, "retire", "aarhus", "--dry-run")["forgotten"] == 1
        assert operate_json(pipeline, "retire", "aarhus")["remaining"] == 0
        assert [record.value is None for record in pipeline.topics.read("changes")] == [False, True]
        assert operate_json(pipeline, "validate", "changes")["wrong"] == []
        assert "nothing of it is left" in operate(pipeline, "retire", "aarhus")
        assert len(pipeline.topics.read("changes")) == 2, "a second time writes nothing"

    def test_one_that_comes_back_is_told_anew(self, pipeline, sold):
        handle, _ = sold
        self.leave(pipeline)
        operate(pipeline, "retire", "aarhus", "--force")
        pipeline.add_municipality("aarhus", handle.base_url)
        pipeline.write_config()
        pipeline.wait(lambda: len(pipeline.vendor_table("aarhus")) == 10, "its events to be told again")
        assert pipeline.dead_letters() == []

    def test_one_that_is_still_configured_is_refused(self, pipeline, sold):
        result = run("retire", "aarhus", "--config", pipeline.config_path)
        assert_one_sentence(result, 2, "aarhus still stands in")
        self.leave(pipeline)
        result = run("retire", "aarhus", "--config", pipeline.config_path)
        assert_one_sentence(result, 1, "not every pod", "--force")
        assert pipeline.changes("aarhus", "delete") == []
