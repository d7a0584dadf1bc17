"""The fetcher alone: what it asks of a site, and what it publishes of the answers (CMS-API.md,
"Reading")."""

import hashlib
import json
import time

import pytest

from fetching import (LATER, header, outcomes, reads, snapshots, start_with, uuids, wait_failure,
                      wait_snapshots, whole)


class TestPublishing:
    def test_the_first_list_is_whole_fresh_and_in_the_site_s_bytes(self, pipeline):
        handle = start_with(pipeline)
        first = wait_snapshots(pipeline, "aarhus", 1)[0]
        assert uuids(first) == set(handle.events())
        assert header(first, "complete") == header(first, "fresh") == "true"
        assert (header(first, "part"), header(first, "parts"), header(first, "events")) == ("1", "1", "5")
        assert header(first, "sha256") == hashlib.sha256(first.value).hexdigest()
        assert first.headers["ce_type"] == "dk.dplsync.snapshot"
        assert first.headers["traceparent"].startswith("00-")

    def test_a_304_becomes_an_unchanged_record_that_names_the_digest(self, pipeline):
        handle = start_with(pipeline)
        pipeline.wait(lambda: [entry for entry in reads(handle) if entry["status"] == 304], "a 304")
        records = wait_snapshots(pipeline, "aarhus", 4)
        assert len(whole(records)) == 1
        assert all(record.value == b"[]" for record in records[1:])
        assert {header(record, "sha256") for record in records} == {header(records[0], "sha256")}
        sequences = [int(header(record, "fetch-seq")) for record in records]
        assert sequences == sorted(set(sequences))

    def test_a_change_is_published_whole(self, pipeline):
        handle = start_with(pipeline)
        wait_snapshots(pipeline, "aarhus", 2)
        uuid = next(iter(handle.events()))
        handle.edit_event(uuid, title="Another title")
        records = pipeline.wait(lambda: len(found := whole(snapshots(pipeline, "aarhus"))) == 2 and found,
                                "a second whole list")
        assert {event["uuid"]: event for event in records[1].json}[uuid]["title"] == "Another title"

    def test_as_of_is_the_request_less_the_age_of_the_stored_answer(self, pipeline):
        handle = start_with(pipeline, {"poll_interval": "1s"})
        wait_snapshots(pipeline, "aarhus", 2)
        handle.age_cache(86400 * 3)
        pipeline.wait(lambda: any(line["age_s"] >= 86400 * 3 for line in
                                  outcomes(pipeline, "aarhus", "unchanged")), "an answer of three days")
        pipeline.wait(lambda: any(header(record, "as-of") < header(record, "fetched-at")[:10]
                                  for record in snapshots(pipeline, "aarhus")), "its record")

    def test_a_large_list_comes_in_parts(self, pipeline):
        handle = start_with(pipeline, {"poll_interval": LATER}, generate=1000)
        parts = wait_snapshots(pipeline, "aarhus", 2)
        wait_snapshots(pipeline, "aarhus", int(header(parts[0], "parts")))
        parts = snapshots(pipeline, "aarhus")
        assert {header(part, "snapshot-id") for part in parts} == {header(parts[0], "snapshot-id")}
        assert [int(header(part, "part")) for part in parts] == list(range(1, len(parts) + 1))
        assert all(len(part.value) <= 900_000 for part in parts)
        assert set().union(*map(uuids, parts)) == set(handle.events())

    def test_an_empty_list_is_published_as_one(self, pipeline):
        start_with(pipeline, generate=0)
        first = wait_snapshots(pipeline, "aarhus", 1)[0]
        assert (first.value, header(first, "events"), header(first, "complete")) == (b"[]", "0", "true")

    def test_duplicate_uuids_are_named_and_in_no_part(self, pipeline):
        handle = pipeline.add("aarhus", {"poll_interval": LATER}, generate=3)
        events = list(handle.events())
        body = json.dumps([{"uuid": uuid} for uuid in (*events, events[0].upper())])
        handle.answer_with(200, body)
        pipeline.start("fetcher")
        first = wait_snapshots(pipeline, "aarhus", 1)[0]
        assert uuids(first) == set(events[1:])
        assert header(first, "unreadable") == "2"
        assert header(first, "unreadable-uuids") == events[0]
        assert header(first, "complete") == "true", "the others may be deleted: what is aside is named"

    def test_an_event_of_2_mb_is_set_aside_and_the_others_go_on(self, pipeline):
        handle = pipeline.add("aarhus", {"poll_interval": LATER}, generate=3)
        handle.add_event(title="Large", body="x" * 2_000_000)
        pipeline.start("fetcher")
        first = wait_snapshots(pipeline, "aarhus", 1)[0]
        assert len(uuids(first)) == 3
        assert (header(first, "events"), header(first, "unreadable")) == ("4", "1")

    def test_an_event_without_a_uuid_makes_the_list_incomplete(self, pipeline):
        handle = pipeline.add("aarhus", {"poll_interval": LATER})
        handle.answer_with(200, '[{"title":"x"},{"uuid":"0f1c2d3e-0000-4000-8000-000000000001"}]')
        pipeline.start("fetcher")
        first = wait_snapshots(pipeline, "aarhus", 1)[0]
        assert (len(first.json), header(first, "complete")) == (1, "false")


class TestNeverHalfAList:
    @pytest.mark.parametrize("spoil, reason", [
        (lambda site: site.html(), "not-a-list"),
        (lambda site: site.not_an_array(), "not-a-list"),
        (lambda site: site.answer_with(200, ""), "not-a-list"),
        (lambda site: site.fault("trailing", body="<!-- served by -->"), "not-a-list"),
        (lambda site: site.fault("truncate"), "broken-off"),
        (lambda site: site.fault("cut", events=2), "truncated"),
        (lambda site: site.fault("reset"), "broken-off"),
        (lambda site: site.fault("empty"), "broken-off"),
        (lambda site: site.varnish_503(), "unavailable"),
        (lambda site: site.maintenance(), "unavailable"),
        (lambda site: site.message(404), "not-found"),
        (lambda site: site.message(500), "site-error"),
        (lambda site: site.redirect("http://127.0.0.2/elsewhere"), "redirect"),
    ], ids=["200_with_html", "not_an_array", "empty_body", "trailing_bytes", "truncated_body",
            "array_cut_between_two_events", "reset", "empty_reply", "503_html", "maintenance_as_text",
            "404", "500", "redirect_to_another_host"])
    def test_a_bad_answer_publishes_nothing_and_disturbs_no_other(self, pipeline, spoil, reason):
        handle = pipeline.add("aarhus", generate=5)
        pipeline.add("viborg", generate=5)
        spoil(handle)
        pipeline.start("fetcher")
        line = wait_failure(pipeline, "aarhus", reason)
        assert line["error.message"]
        wait_snapshots(pipeline, "viborg", 3)
        assert not snapshots(pipeline, "aarhus")
        handle.clear_faults()
        assert len(wait_snapshots(pipeline, "aarhus", 1)[0].json) == 5

    def test_a_list_beyond_the_limit(self, pipeline):
        start_with(pipeline, {"max_list": "64kB"}, generate=200)
        wait_failure(pipeline, "aarhus", "too-large")
        assert not snapshots(pipeline, "aarhus")

    def test_a_gzip_bomb(self, pipeline):
        handle = pipeline.add("aarhus", generate=5)
        handle.fault("bomb", bytes=200 << 20)
        pipeline.start("fetcher")
        wait_failure(pipeline, "aarhus", "too-large")
        assert not snapshots(pipeline, "aarhus")


class TestManners:
    def test_requests_are_what_the_cms_takes(self, pipeline):
        handle = start_with(pipeline)
        wait_snapshots(pipeline, "aarhus", 3)
        for entry in reads(handle):
            names = {name.lower() for name in entry["headers"]}
            assert "content-type" not in names
            assert entry["headers"]["user-agent"].startswith("dplsync/")
            assert "tests@vendor.example" in entry["headers"]["user-agent"]

    def test_only_the_fresh_read_carries_the_log_in(self, pipeline):
        handle = start_with(pipeline)
        wait_snapshots(pipeline, "aarhus", 3)
        users = [entry["user"] for entry in reads(handle)]
        assert users[0] == "external-system" and not any(users[1:])

    def test_rejected_credentials_are_not_sent_again(self, pipeline, redis):
        redis.ask(f"SELECT {pipeline.database}", "HSET {aarhus}:status writer_credentials_rejected 1")
        handle = start_with(pipeline)
        wait_snapshots(pipeline, "aarhus", 2)
        entries = reads(handle)
        assert not any(entry["user"] for entry in entries)
        assert "&dplsync=" in entries[0]["url"] and "&dplsync=" not in entries[1]["url"]

    def test_retry_after_is_kept_even_against_a_refresh(self, pipeline):
        handle = pipeline.add("aarhus", generate=5)
        handle.too_many_requests(3, count=1)
        pipeline.start("fetcher")
        wait_failure(pipeline, "aarhus", "busy")
        first = reads(handle)[0]["started_us"]
        pipeline.command("aarhus", command="refresh", full=True, id="t1")
        wait_snapshots(pipeline, "aarhus", 1)
        assert reads(handle)[1]["started_us"] - first >= 2_900_000

    def test_never_two_reads_of_one_site(self, pipeline):
        handle = pipeline.add("aarhus", {"poll_interval": "100ms"}, generate=5)
        handle.fault("delay", delay_ms=500)
        pipeline.start("fetcher")
        wait_snapshots(pipeline, "aarhus", 4)
        entries = [entry for entry in reads(handle) if entry.get("ended_us")]
        assert all(later["started_us"] >= earlier["ended_us"]
                   for earlier, later in zip(entries, entries[1:]))

    def test_a_hanging_site_does_not_slow_another(self, pipeline):
        handle = pipeline.add("aarhus", generate=5)
        pipeline.add("viborg", generate=5)
        handle.fault("hang")
        pipeline.start("fetcher")
        wait_snapshots(pipeline, "viborg", 6, timeout=15)

    def test_private_addresses_are_refused_unless_allowed(self, pipeline):
        handle = start_with(pipeline, {"allow_private_addresses": False})
        wait_failure(pipeline, "aarhus", "not-reached")
        assert not reads(handle)


class TestCommands:
    def test_refresh_is_served_at_once_whole_and_fresh(self, pipeline):
        handle = start_with(pipeline, {"poll_interval": LATER, "fresh_every": "24h"})
        pipeline.wait(lambda: pipeline["fetcher"].get("/readyz")[0] == 200, "readiness")
        pipeline.command("aarhus", command="refresh", full=True, fresh=True, id="t1")
        wait_snapshots(pipeline, "aarhus", 1)
        before = len(whole(snapshots(pipeline, "aarhus")))
        start = handle.control.ledger_next()
        pipeline.command("aarhus", command="refresh", full=True, fresh=True, id="t2")
        pipeline.wait(lambda: len(whole(snapshots(pipeline, "aarhus"))) > before, "another whole list", 5)
        assert reads(handle, start)[0]["user"] == "external-system"
        assert header(snapshots(pipeline, "aarhus")[-1], "fresh") == "true"

    def test_offsets_are_stored_when_a_command_is_done(self, pipeline):
        start_with(pipeline)
        wait_snapshots(pipeline, "aarhus", 1)
        partition, offset = pipeline.command("aarhus", command="refresh", id="t1")
        group = pipeline.topics.prefix + "fetcher"
        pipeline.wait(lambda: pipeline.topics.committed(group, "control").get(partition) == offset + 1,
                      "the offset to be committed", 20)

    def test_a_bad_command_goes_to_the_dead_letters(self, pipeline):
        start_with(pipeline)
        wait_snapshots(pipeline, "aarhus", 1)
        pipeline.topics.send("control", "aarhus", b"refresh, please")
        letter = pipeline.wait(lambda: pipeline.dead_letters(), "a dead letter")[0]
        assert (letter.value, header(letter, "reason")) == (b"refresh, please", "invalid-control")


class TestSurvival:
    def test_a_restart_goes_on_from_the_bookmark(self, pipeline):
        handle = start_with(pipeline)
        pipeline.wait(lambda: [entry for entry in reads(handle) if entry["status"] == 304], "a 304")
        assert pipeline.stop("fetcher") == {"fetcher": 0}
        start, published = handle.control.ledger_next(), len(snapshots(pipeline, "aarhus"))
        pipeline.start("fetcher")
        records = wait_snapshots(pipeline, "aarhus", published + 1)
        assert reads(handle, start)[0]["status"] == 304
        assert header(records[published], "unchanged") == "true"

    def test_polling_goes_on_without_redis(self, pipeline, redis):
        start_with(pipeline)
        wait_snapshots(pipeline, "aarhus", 2)
        redis.kill()
        count = len(snapshots(pipeline, "aarhus"))
        wait_snapshots(pipeline, "aarhus", count + 3)
        redis.start()
        pipeline.wait(lambda: redis.ask(f"SELECT {pipeline.database}", "EXISTS {aarhus}:f") == ":1",
                      "the bookmark to be saved again")

    def test_a_start_without_redis(self, pipeline, redis):
        pipeline.add("aarhus", generate=5)
        redis.kill()
        pipeline.start("fetcher", wait=False)
        assert len(wait_snapshots(pipeline, "aarhus", 2)[0].json) == 5

    def test_polling_goes_on_after_kafka_was_killed(self, pipeline, kafka):
        start_with(pipeline)
        wait_snapshots(pipeline, "aarhus", 2)
        kafka.kill()
        time.sleep(1)
        kafka.start()
        count = len(snapshots(pipeline, "aarhus"))
        wait_snapshots(pipeline, "aarhus", count + 2, timeout=60)

    def test_a_drain_in_the_middle_of_a_read_is_quick(self, pipeline):
        handle = pipeline.add("aarhus", generate=5)
        handle.fault("hang")
        pipeline.start("fetcher")
        pipeline.wait(lambda: reads(handle), "a read")
        began = time.monotonic()
        assert pipeline.stop("fetcher") == {"fetcher": 0}
        assert time.monotonic() - began < 5


def test_metrics(pipeline):
    start_with(pipeline)
    wait_snapshots(pipeline, "aarhus", 3)
    metrics = pipeline["fetcher"].metrics()
    assert metrics['dplsync_fetcher_events{municipality="aarhus"}'] == 5
    assert metrics['dplsync_fetcher_fetches_total{municipality="aarhus",outcome="published"}'] >= 1
    assert metrics['dplsync_fetcher_fetches_total{municipality="aarhus",outcome="failed"}'] == 0
    assert time.time() - metrics['dplsync_fetcher_last_success_timestamp_seconds{municipality="aarhus"}'] < 30
    assert metrics['dplsync_fetcher_interval_seconds{municipality="aarhus"}'] == 0.3
    assert pipeline["fetcher"].resident_kb() < 20_000


def test_another_interval_is_told_without_a_restart(pipeline):
    """Whether a site is stale is judged by this gauge."""
    start_with(pipeline)
    wait_snapshots(pipeline, "aarhus", 1)
    gauge = 'dplsync_fetcher_interval_seconds{municipality="aarhus"}'
    assert pipeline["fetcher"].metrics()[gauge] == 0.3
    pipeline.config["defaults"]["poll_interval"] = LATER
    pipeline.write_config()
    pipeline.wait(lambda: pipeline["fetcher"].metrics()[gauge] == 3600, "the new interval")
