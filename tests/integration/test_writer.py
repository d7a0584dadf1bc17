"""The writer alone, on real Kafka and Redis, against a simulated site: what an update becomes
(CMS-API.md "Writing", DESIGN.md "Writer")."""

import json
import re
import struct
import time
import uuid as uuids

import pytest
import redis as redis_client
from parts import wait_until

LINK = {"url": "https://tickets.example/e/77", "admin_url": "https://tickets.example/admin/e/77"}
FAST = {"write_rate": 1000, "write_burst": 100}


def start_with(pipeline, settings=None, writer=None, **site):
    pipeline.config["writer"] = {"retry_base": "20ms", "retry_cap": "200ms", **(writer or {})}
    handle = pipeline.add("aarhus", {**FAST, **(settings or {})}, **{"generate": 5, "future": True, **site})
    pipeline.start("writer")
    return handle


def first(handle):
    return next(iter(handle.events()))


def wait_results(pipeline, count, uuid=None, timeout=30):
    return pipeline.wait(lambda: (found := pipeline.results("aarhus", uuid)) and len(found) >= count and found,
                         f"{count} results", timeout)


def outcomes(results):
    return [result["outcome"] for result in results]


def letters(pipeline, count=1, timeout=30):
    return pipeline.wait(lambda: (found := pipeline.dead_letters()) and len(found) >= count and found,
                         f"{count} dead letters", timeout)


def ledger_link(pipeline):
    return redis_client.Redis(port=pipeline.redis.port, db=pipeline.database, decode_responses=True)


def ledger(pipeline, uuid):
    """The words of its entry, a line (common/model/ledger_line.h)."""
    with ledger_link(pipeline) as link:
        line = link.hget("{aarhus}:w", uuid) or "1\n"
    return dict(word.split("=", 1) for word in line.split()[1:])


def set_in_ledger(pipeline, uuid, word, value):
    with ledger_link(pipeline) as link:
        line = link.hget("{aarhus}:w", uuid)
        link.hset("{aarhus}:w", uuid, re.sub(rf" {word}=\S*", f" {word}={value}", line))


@pytest.fixture
def aarhus(pipeline):
    return start_with(pipeline)


class TestWriting:
    def test_a_link_pair_is_written_echoed_and_told(self, pipeline, aarhus):
        uuid = first(aarhus)
        pipeline.send("aarhus", uuid=uuid, external_data=LINK)
        result = wait_results(pipeline, 1)[0]
        assert (result["outcome"], result["status"], result["attempts"]) == ("applied", 200, 1)
        assert result["external_data"] == LINK and result["version"] >= 2 ** 40
        assert aarhus.event(uuid)["external_data"] == LINK
        patch = aarhus.patches(uuid)[0]
        assert patch["json"] == {"external_data": LINK}
        assert patch["idempotency_key"] == f'"{result["idempotency_key"]}"'

    def test_a_state_alone_leaves_the_links_alone(self, pipeline, aarhus):
        uuid = first(aarhus)
        pipeline.send("aarhus", uuid=uuid, external_data=LINK)
        wait_results(pipeline, 1)
        pipeline.send("aarhus", uuid=uuid, state="SoldOut")
        assert outcomes(wait_results(pipeline, 2)) == ["applied", "applied"]
        assert aarhus.patches(uuid)[1]["json"] == {"state": "SoldOut"}
        assert (aarhus.event(uuid)["state"], aarhus.event(uuid)["external_data"]) == ("SoldOut", LINK)

    def test_a_half_is_filled_from_what_was_written_before(self, pipeline, aarhus):
        uuid = first(aarhus)
        pipeline.send("aarhus", uuid=uuid, external_data=LINK)
        wait_results(pipeline, 1)
        pipeline.send("aarhus", uuid=uuid, external_data={"url": "https://tickets.example/new"})
        wait_results(pipeline, 2)
        assert aarhus.event(uuid)["external_data"] == {**LINK, "url": "https://tickets.example/new"}

    def test_what_stands_already_is_not_sent_again(self, pipeline, aarhus):
        uuid = first(aarhus)
        for _ in range(2):
            pipeline.send("aarhus", uuid=uuid, state="SoldOut")
            wait_results(pipeline, 1 + _)
        assert outcomes(pipeline.results("aarhus")) == ["applied", "unchanged"]
        assert len(aarhus.patches(uuid)) == 1

    def test_a_half_that_nobody_knows_ends_as_a_dead_letter(self, pipeline):
        handle = start_with(pipeline, writer={"half_unknown_wait": "1s"})
        uuid = first(handle)
        pipeline.send("aarhus", uuid=uuid, external_data={"url": "https://tickets.example/new"})
        assert letters(pipeline)[0].headers["dplsync-reason"] == "half-unknown"
        assert outcomes(wait_results(pipeline, 1)) == ["dead"]
        assert not handle.patches(uuid)

    def test_updates_behind_one_that_waits_are_merged(self, pipeline, aarhus):
        uuid = first(aarhus)
        aarhus.fault("status", status=503, method="PATCH", executes=False)
        pipeline.send("aarhus", uuid=uuid, state="Active")
        aarhus.wait_patches(1)
        for state in ("SoldOut", "Active", "Cancelled"):
            pipeline.send("aarhus", uuid=uuid, state=state)
        pipeline.wait(lambda: len(pipeline.results("aarhus")) >= 3, "those that were overtaken")
        aarhus.clear_faults()
        results = wait_results(pipeline, 4, timeout=60)
        assert outcomes(results) == ["superseded"] * 3 + ["applied"]
        assert aarhus.event(uuid)["state"] == "Cancelled"


class TestOrder:
    def test_a_vendor_that_uses_two_partitions_is_told_of(self, pipeline, aarhus):
        """An update in another partition, and at another offset, than the one before it."""
        uuid, other = list(aarhus.events())[:2]
        sent = ((1, uuid, "Active"), (4, other, "Active"), (4, uuid, "SoldOut"))
        for number, (partition, event, state) in enumerate(sent, 1):
            pipeline.topics.send("updates", "aarhus", {"municipality": "aarhus", "uuid": event, "state": state},
                                 partition=partition)
            assert outcomes(wait_results(pipeline, number)) == ["applied"] * number
        metrics = pipeline["writer"].metrics()
        assert [metrics[f'dplsync_writer_received_updates_total{{municipality="aarhus",partition="{partition}"}}']
                for partition in (1, 4)] == [1, 2]
        lines = [line for line in pipeline["writer"].log_lines() if "in two partitions" in line["message"]]
        assert [(line["log.level"], line["municipality"], line["event_uuid"]) for line in lines] \
            == [("warn", "aarhus", uuid)]


class TestWaiting:
    def test_what_waits_for_long_is_put_at_the_end_of_its_topic(self, pipeline):
        handle = start_with(pipeline, writer={"carry_every": "5s"})
        handle.maintenance(method="PATCH", executes=False)
        partition, offset = pipeline.send("aarhus", uuid=first(handle), state="SoldOut")
        pipeline.wait(lambda: pipeline.topics.committed(f"{pipeline.topics.prefix}writer", "updates")
                      .get(partition, 0) > offset, "its first record to be done")
        copy = pipeline.topics.read("updates")[1]
        assert (copy.key, copy.json["state"]) == ("aarhus", "SoldOut")
        assert json.loads(copy.headers["dplsync-origin"])["offset"] == offset
        assert not pipeline.results("aarhus")
        handle.clear_faults()
        # The breaker tries after half a minute, and if it just missed, after one more.
        result = wait_results(pipeline, 1, timeout=120)[0]
        assert (result["outcome"], result["version"]) == ("applied", 2 ** 40 + offset)


class TestRefused:
    @pytest.mark.parametrize("update, reason, named", [
        ({"state": "Soldout"}, "invalid-state", "state"),
        ({"external_data": {"url": "tickets.example"}}, "invalid-url", "url"),
        ({"external_data": None}, "invalid-external-data", "external_data"),
        ({}, "nothing-to-do", "state"),
    ])
    def test_a_dead_letter_names_the_field(self, pipeline, aarhus, update, reason, named):
        pipeline.send("aarhus", uuid=first(aarhus), **update)
        letter = letters(pipeline)[0]
        assert letter.headers["dplsync-reason"] == reason
        assert named in letter.headers["dplsync-detail"]
        result = wait_results(pipeline, 1)[0]
        assert (result["outcome"], result["reason"]) == ("dead", reason)
        assert not aarhus.patches()

    def test_the_stream_goes_on_behind_what_is_no_json(self, pipeline, aarhus):
        pipeline.topics.send("updates", "aarhus", b"not json")
        pipeline.send("aarhus", uuid=first(aarhus), state="SoldOut")
        assert outcomes(wait_results(pipeline, 1)) == ["applied"]
        letter = letters(pipeline)[0]
        assert (letter.value, letter.headers["dplsync-reason"]) == (b"not json", "not-json")

    def test_an_unknown_municipality_waits_for_the_configuration(self, pipeline, aarhus, site):
        pipeline.send("viborg", uuid=str(uuids.uuid4()), state="SoldOut")
        pipeline.send("aarhus", uuid=first(aarhus), state="SoldOut")
        wait_results(pipeline, 1)
        assert not pipeline.dead_letters()
        viborg = pipeline.add("viborg", FAST, generate=2, future=True)
        uuid = first(viborg)
        pipeline.send("viborg", uuid=uuid, state="Active")
        pipeline.write_config()
        pipeline.wait(lambda: viborg.event(uuid).get("state") == "Active", "viborg to be written")

    def test_a_municipality_that_left_the_configuration_leaves_no_series(self, pipeline, aarhus):
        (pipeline.credentials / "aarhus.password").unlink()
        failed = 'dplsync_writer_auth_failed{municipality="aarhus"}'
        pipeline.wait(lambda: pipeline["writer"].metrics().get(failed) == 1, "the log-in to be missed")
        pipeline.add("viborg", FAST, generate=1)
        del pipeline.municipalities["aarhus"]
        pipeline.write_config()
        pipeline.wait(lambda: not [series for series in pipeline["writer"].metrics()
                                   if 'municipality="aarhus"' in series], "its series to be gone")

    def test_an_unknown_municipality_is_a_dead_letter_in_the_end(self, pipeline):
        start_with(pipeline, writer={"unknown_municipality_wait": "1s"})
        pipeline.send("nowhere", uuid=str(uuids.uuid4()), state="SoldOut")
        assert letters(pipeline)[0].headers["dplsync-reason"] == "unknown-municipality"


class TestAnswers:
    def test_rejected_is_dead_at_once(self, pipeline, aarhus):
        aarhus.message(422, method="PATCH")
        pipeline.send("aarhus", uuid=first(aarhus), state="SoldOut")
        assert outcomes(wait_results(pipeline, 1)) == ["dead"]
        letter = letters(pipeline)[0]
        assert letter.headers["dplsync-reason"] == "rejected-by-cms"
        assert letter.headers["dplsync-status"] == "422"
        assert len(aarhus.patches()) == 1

    def test_a_site_that_is_down_for_a_while_loses_nothing(self, pipeline, aarhus):
        aarhus.varnish_503(method="PATCH", executes=False, count=2)
        pipeline.send("aarhus", uuid=first(aarhus), state="SoldOut")
        result = wait_results(pipeline, 1, timeout=60)[0]
        assert (result["outcome"], result["attempts"]) == ("applied", 3)

    def test_a_pause_stops_the_site(self, pipeline, aarhus):
        uuid, other = list(aarhus.events())[:2]
        aarhus.too_many_requests(2, method="PATCH", count=1)
        pipeline.send("aarhus", uuid=uuid, state="SoldOut")
        aarhus.wait_patches(1)
        pipeline.send("aarhus", uuid=other, state="SoldOut")
        wait_results(pipeline, 2)
        patches = aarhus.patches()
        assert len(patches) == 3
        assert patches[1]["started_us"] - patches[0]["ended_us"] > 1_500_000

    def test_a_changed_password_waits_and_goes_on_by_itself(self, pipeline, aarhus):
        aarhus.change(password="another")
        pipeline.send("aarhus", uuid=first(aarhus), state="SoldOut")
        pipeline.wait(lambda: pipeline.redis_status("aarhus").get("writer_credentials_rejected") == "1",
                      "the status to say so")
        pipeline.send("aarhus", uuid=list(aarhus.events())[1], state="SoldOut")
        assert len(aarhus.patches()) == 1
        pipeline.set_credentials("aarhus", "external-system", "another")
        assert outcomes(wait_results(pipeline, 2)) == ["applied"] * 2
        assert aarhus.patches()[1]["body"] == "{}"

    def test_a_rejected_log_in_is_not_tried_again_by_a_restart(self, pipeline, aarhus):
        aarhus.change(password="another")
        pipeline.send("aarhus", uuid=first(aarhus), state="SoldOut")
        pipeline.wait(lambda: pipeline.redis_status("aarhus").get("writer_rejected_login"),
                      "the status to say so")
        pipeline.stop("writer")
        pipeline.start("writer")
        waiting = 'dplsync_writer_waiting_updates{municipality="aarhus"}'
        pipeline.wait(lambda: pipeline["writer"].metrics().get(waiting) == 1, "the update to wait again")
        assert len(aarhus.patches()) == 1
        pipeline.stop("writer")
        pipeline.set_credentials("aarhus", "external-system", "another")
        pipeline.start("writer")
        assert outcomes(wait_results(pipeline, 1)) == ["applied"]
        assert aarhus.patches()[1]["body"] == "{}"

    def test_missing_credentials_wait(self, pipeline):
        pipeline.config["writer"] = {}
        handle = pipeline.add("aarhus", FAST, generate=2, future=True)
        for path in pipeline.credentials.iterdir():
            path.unlink()
        pipeline.start("writer")
        pipeline.send("aarhus", uuid=first(handle), state="SoldOut")
        pipeline.wait(lambda: "aarhus.username" in pipeline["writer"].log_text(), "the file to be named")
        assert not handle.patches()
        pipeline.set_credentials("aarhus", "external-system", "secret")
        assert outcomes(wait_results(pipeline, 1)) == ["applied"]

    def test_an_unknown_outcome_is_sealed_and_sent_once_more(self, pipeline):
        handle = start_with(pipeline, writer={"seal_after": "2s"})
        uuid = first(handle)
        handle.fault("reset", method="PATCH", executes=True, count=1)
        pipeline.send("aarhus", uuid=uuid, state="SoldOut")
        assert outcomes(wait_results(pipeline, 1)) == ["applied"]
        handle.wait_patches(3)
        pipeline.wait(lambda: "sealed_at" not in ledger(pipeline, uuid), "the seal to be broken")
        keys = [patch["idempotency_key"] for patch in handle.patches(uuid)]
        assert keys[0] == keys[1] != keys[2]
        assert len(handle.patches(uuid)) == 3


class TestCrashes:
    def test_nothing_is_lost_or_repeated_over_a_restart(self, pipeline, aarhus):
        for number, uuid in enumerate(aarhus.events()):
            pipeline.send("aarhus", uuid=uuid, external_data={**LINK, "url": f"https://tickets.example/{number}"})
        wait_results(pipeline, 5)
        assert pipeline.stop("writer") == {"writer": 0}
        pipeline.send("aarhus", uuid=first(aarhus), state="SoldOut")
        pipeline.start("writer")
        wait_results(pipeline, 6)
        assert len(aarhus.patches()) == 6
        assert len(pipeline.results("aarhus")) == 6

    def test_a_kill_in_mid_flight_is_taken_up_again(self, pipeline):
        handle = start_with(pipeline, writer={"lease": "61s"})
        uuid = first(handle)
        handle.fault("delay", method="PATCH", delay_ms=3000, count=1)
        pipeline.send("aarhus", uuid=uuid, state="SoldOut")
        pipeline.wait(lambda: "token" in ledger(pipeline, uuid), "the lease to be taken")
        pipeline["writer"].kill()
        set_in_ledger(pipeline, uuid, "lease_until", int(time.time() * 1000) - 1000)  # as if it had run out
        pipeline.start("writer")
        assert outcomes(wait_results(pipeline, 1)) == ["applied"]
        assert handle.event(uuid)["state"] == "SoldOut"
        assert "sealed_at" in ledger(pipeline, uuid)

    def test_an_entry_that_an_older_writer_left_is_taken_over(self, pipeline, aarhus):
        """It was JSON. Its wish is known, its lease is waited for."""
        uuid = first(aarhus)
        pipeline.send("aarhus", uuid=uuid, external_data=LINK)
        version = wait_results(pipeline, 1)[0]["version"]
        pipeline.wait(lambda: "touched" in (entry := ledger(pipeline, uuid)) and "token" not in entry, "the end")
        lease_until = int(time.time() * 1000) + 3000
        wish = {name: {"value": link, "version": version, "status": "confirmed"} for name, link in LINK.items()}
        entry = {"wish": {**wish, "serial": 0}, "token": "older-1", "lease_until": lease_until}
        with ledger_link(pipeline) as link:
            link.hset("{aarhus}:w", uuid, json.dumps(entry, separators=(",", ":")))
        pipeline.send("aarhus", uuid=uuid, external_data={"admin_url": None})
        assert outcomes(wait_results(pipeline, 2)) == ["applied"] * 2
        assert time.time() * 1000 >= lease_until
        assert aarhus.event(uuid)["external_data"] == {"url": LINK["url"]}
        assert "sealed_at" in ledger(pipeline, uuid)

    @pytest.mark.parametrize("entry", [b"1 state=\x00\n", b"1 token=pod-1:17-4 lease_until=9999999999999\n"],
                             ids=["not an entry", "a lease of 260 years"])
    def test_nonsense_in_the_ledger_holds_nothing_up(self, pipeline, aarhus, entry):
        uuid = first(aarhus)
        pipeline.wait(lambda: ledger_link(pipeline).hexists("{aarhus}:w", "@"), "the ledger to be there")
        with ledger_link(pipeline) as link:
            link.hset("{aarhus}:w", uuid, entry)
        pipeline.send("aarhus", uuid=uuid, state="SoldOut")
        assert outcomes(wait_results(pipeline, 1)) == ["applied"]
        assert ledger(pipeline, uuid)["state"] == "SoldOut"

    def test_a_flushed_redis_is_rebuilt_from_results(self, pipeline, aarhus):
        uuid = first(aarhus)
        pipeline.send("aarhus", uuid=uuid, external_data=LINK, state="SoldOut")
        wait_results(pipeline, 1)
        pipeline.redis.flush(pipeline.database)
        pipeline.send("aarhus", uuid=uuid, external_data={"admin_url": None})
        assert outcomes(wait_results(pipeline, 2)) == ["applied"] * 2
        assert aarhus.event(uuid)["external_data"] == {"url": LINK["url"]}
        entry = ledger(pipeline, uuid)
        assert entry["state"] == "SoldOut" and not {"o", "e"} & entry.keys()  # all of it confirmed

    def test_redis_away_for_a_while(self, pipeline, aarhus, redis):
        uuid = first(aarhus)
        pipeline.send("aarhus", uuid=uuid, state="Active")
        wait_results(pipeline, 1)
        redis.kill()
        pipeline.send("aarhus", uuid=uuid, state="SoldOut")
        pipeline.wait(lambda: "redis is down" in pipeline["writer"].log_text(), "the writer to notice")
        redis.start()
        assert outcomes(wait_results(pipeline, 2)) == ["applied"] * 2
        assert aarhus.event(uuid)["state"] == "SoldOut"


def test_updates_made_anew_alone_end_the_writer_with_a_sentence(pipeline, aarhus):
    """Their versions would begin anew, and new wishes pass for old ones."""
    for number, uuid in enumerate(list(aarhus.events())[:3], 1):
        pipeline.send("aarhus", uuid=uuid, state="SoldOut")
        wait_results(pipeline, number)
    writer = pipeline["writer"]
    writer.expected_end = True
    pipeline.topics.delete("updates")
    pipeline.topics.create_again("updates")
    wait_until(lambda: not writer.alive, "the writer to end", 60)
    assert "created anew; raise topics.epoch" in writer.log_lines()[-1]["error.message"], writer.log_tail()


class TestLongGone:
    SINCE_AT = 29 + 2 * 21 + 16  # common/model/known.c: behind the hashes of 21 fields, start and end

    def deleted_a_month_ago(self, known):
        """The reconciler's entry of an event, as it is 30 days after its delete."""
        month_ago = struct.pack("<q", int((time.time() - 30 * 86_400) * 1000))
        flags = struct.pack("<H", 1)
        return known[:2] + flags + known[4:self.SINCE_AT] + month_ago + known[self.SINCE_AT + 8:]

    def test_its_result_gets_a_null_and_the_ledger_forgets_it(self, pipeline):
        handle = pipeline.add("aarhus", FAST, generate=2, future=True)
        pipeline.config["writer"] = {"sweep_every": "1s"}
        pipeline.start()
        gone, there = handle.events()
        with redis_client.Redis(port=pipeline.redis.port, db=pipeline.database) as link:
            known_of = lambda uuid: link.hget("{aarhus}:s", uuids.UUID(uuid).bytes)  # noqa: E731
            pipeline.wait(lambda: known_of(gone) and known_of(there), "both to be known")
            pipeline.stop("fetcher", "reconciler")
            for uuid in gone, there:
                pipeline.send("aarhus", uuid=uuid, state="SoldOut")
            wait_results(pipeline, 2)
            link.hset("{aarhus}:s", uuids.UUID(gone).bytes, self.deleted_a_month_ago(known_of(gone)))
            for uuid in gone, there:
                touched = int(ledger(pipeline, uuid)["touched"])
                set_in_ledger(pipeline, uuid, "touched", touched - 86_400_000 * 2)
            pipeline.wait(lambda: not ledger(pipeline, gone), "it to be forgotten")
        nulls = [record.key for record in pipeline.topics.read("results") if record.value is None]
        assert nulls == [f"aarhus/{gone}"]
        assert ledger(pipeline, there)
