"""The reconciler on real Kafka and Redis, with the fetcher before it: what a vendor is told, also when
something breaks in the middle."""

import time

import pytest
from redis import Redis

TITLES = ("title", "date_time", "body")


def told(pipeline, name):
    return {uuid: {member: event.get(member) for member in TITLES}
            for uuid, event in pipeline.vendor_table(name).items()}


def shown(handle):
    return {uuid: {member: event.get(member) for member in TITLES}
            for uuid, event in handle.events().items() if event["published"]}


def wait_in_step(pipeline, name, handle, timeout=40):
    try:
        pipeline.wait(lambda: told(pipeline, name) == shown(handle), f"{name} and the vendor to agree", timeout)
    except Exception:
        here, there = shown(handle), told(pipeline, name)
        print([(here.get(uuid), there.get(uuid)) for uuid in {*here, *there}
               if here.get(uuid) != there.get(uuid)][:2])
        raise


@pytest.fixture
def aarhus(pipeline):
    """Twenty events, told. Fetcher and reconciler run."""
    handle = pipeline.add("aarhus", generate=20, future=True)
    pipeline.start("fetcher", "reconciler")
    wait_in_step(pipeline, "aarhus", handle)
    return handle


def some(handle, count=1):
    return [uuid for uuid, event in handle.events().items() if event["published"]][:count]


def outcomes(pipeline, message):
    return [line for line in pipeline["reconciler"].log_lines()
            if isinstance(line, dict) and line.get("message") == message]


def test_update_delete_and_return(pipeline, aarhus):
    changed, gone = some(aarhus, 2)
    aarhus.edit_event(changed, title="Another title")
    update = pipeline.wait(lambda: pipeline.changes("aarhus", "update", changed), "the update")
    assert update[-1]["changed"] == ["title"]

    aarhus.unpublish(gone)
    deleted = pipeline.wait(lambda: pipeline.changes("aarhus", "delete", gone), "the deletion")
    assert deleted[-1]["reason"] == "absent"
    assert deleted[-1]["date_time"]["end"]

    aarhus.publish(gone)
    pipeline.wait(lambda: len(pipeline.changes("aarhus", "create", gone)) == 2, "the return")
    wait_in_step(pipeline, "aarhus", aarhus)


def test_equal_lists_tell_nothing(pipeline, aarhus):
    before = len(pipeline.changes("aarhus"))
    aarhus.purge()
    pipeline.command("aarhus", command="refresh", full=True, fresh=True, id="one")
    pipeline.wait(lambda: len(pipeline.changes("aarhus", "snapshot")) >= 2, "a second whole list")
    assert len(pipeline.changes("aarhus")) == before


def test_a_third_of_the_list_is_held_and_comes_back(pipeline, aarhus):
    lost = some(aarhus, 14)
    aarhus.unpublish_together(lost)
    pipeline.wait(lambda: pipeline["reconciler"].metrics().get(
        'dplsync_reconciler_held_deletions{municipality="aarhus"}') == 14, "fourteen held deletions")
    assert not pipeline.changes("aarhus", "delete")
    for uuid in lost:
        aarhus.publish(uuid)
    pipeline.wait(lambda: pipeline["reconciler"].metrics().get(
        'dplsync_reconciler_held_deletions{municipality="aarhus"}') == 0, "the hold to dissolve")
    wait_in_step(pipeline, "aarhus", aarhus)


def test_an_operator_approves(pipeline, aarhus, redis):
    aarhus.unpublish_together(some(aarhus, 14))
    pipeline.wait(lambda: pipeline["reconciler"].metrics().get(
        'dplsync_reconciler_held_deletions{municipality="aarhus"}') == 14, "fourteen held deletions")
    status = Redis(port=redis.port, db=pipeline.database, decode_responses=True)
    hold = status.hget("{aarhus}:status", "reconciler_hold")
    pipeline.command("aarhus", command="approve-deletions", hold=hold, count=14, id="approve")
    wait_in_step(pipeline, "aarhus", aarhus)
    assert len(pipeline.changes("aarhus", "delete")) == 14


def test_another_sites_list_changes_nothing(pipeline, aarhus):
    other = pipeline.add("odense", generate=12, number=500, future=True)
    del pipeline.municipalities["odense"]
    before = told(pipeline, "aarhus")
    pipeline.add_municipality("aarhus", other.base_url)
    pipeline.write_config()
    pipeline.wait(lambda: outcomes(
        pipeline, "snapshot held: it has none of the events that are known; is base_url right?"), "the hold")
    assert told(pipeline, "aarhus") == before


def test_flushed_redis_loses_no_deletion(pipeline, aarhus, redis):
    gone, changed = some(aarhus, 2)
    pipeline["fetcher"].stop()
    aarhus.unpublish(gone)
    redis.flush(pipeline.database)
    aarhus.edit_event(changed, title="After the flush")
    pipeline["fetcher"].start()
    wait_in_step(pipeline, "aarhus", aarhus)
    assert len(pipeline.changes("aarhus", "create")) == 20


@pytest.mark.parametrize("delay_s", [0.0, 0.05, 0.15, 0.3, 0.6])
def test_killed_in_mid_flow(pipeline, aarhus, delay_s):
    changed, gone = some(aarhus, 2)
    aarhus.edit_event(changed, title=f"Changed, then killed after {delay_s}")
    aarhus.unpublish(gone)
    aarhus.purge()
    time.sleep(delay_s)
    pipeline["reconciler"].kill()
    pipeline["reconciler"].start()
    wait_in_step(pipeline, "aarhus", aarhus, timeout=60)
    versions = {}
    for change in pipeline.changes("aarhus"):
        told_before = versions.setdefault((change["uuid"], change["version"]), change.get("event"))
        assert told_before == change.get("event"), "equal versions are equal bytes"


def test_redis_away_and_back(pipeline, aarhus, redis):
    redis.kill()
    changed = some(aarhus)[0]
    aarhus.edit_event(changed, title="While Redis is away")
    time.sleep(2)
    assert not pipeline.changes("aarhus", "update", changed)
    redis.start()
    pipeline.wait(lambda: pipeline.changes("aarhus", "update", changed), "the update", timeout=60)
    wait_in_step(pipeline, "aarhus", aarhus)


def test_is_small_and_drains(pipeline, aarhus):
    assert pipeline["reconciler"].resident_kb() < 20 * 1024
    assert pipeline["reconciler"].stop() == 0
