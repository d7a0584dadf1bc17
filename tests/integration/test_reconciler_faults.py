"""The reconciler when something breaks: its process at every step, Redis, Kafka. Whatever it is, the
vendor ends with exactly the last list, and equal versions are equal bytes."""

import random
import time
from uuid import UUID

import pytest
from confluent_kafka import KafkaException
from redis import Redis

from lists import Lists, event
from parts import wait_until
from test_reconciler import shown, told, wait_in_step

AWAY = 6  # seconds, twice a session
MANY = 6000  # events of a list that is told and applied in many pieces
VERSION = slice(5, 13)  # of an entry of the state: model/known.c


def check_versions(pipeline, municipality=None):
    """Equal (uuid, version) means both deletes, or both upserts with the same event."""
    seen = {}
    for change in pipeline.changes(municipality):
        key = change["municipality"], change["uuid"], change["version"]
        assert seen.setdefault(key, change.get("event")) == change.get("event"), key


class Alone:
    """A reconciler whose lists the test writes, with the first three events told."""

    def __init__(self, pipeline):
        self.pipeline = pipeline
        pipeline.add_municipality("aarhus", "https://www.aakb.dk")
        self.redis = Redis(port=pipeline.redis.port, db=pipeline.database)
        self.lists = Lists(pipeline, "aarhus")
        self.events = [event(number) for number in range(1, 4)]
        pipeline.start("reconciler")
        self.place = self.lists.publish(self.events)
        self.wait_told()

    def next_list(self):
        """One event changed, one gone, one new."""
        self.events = [{**self.events[0], "title": "Another title"}, self.events[1], event(9)]
        return self.events

    def is_told(self):
        """A broker that was stopped and goes on is no broker for the test's own reader at first."""
        try:
            table = self.pipeline.vendor_table("aarhus")
        except KafkaException:
            return False
        return table == {item["uuid"]: item for item in self.events}

    def wait_told(self):
        self.pipeline.wait(self.is_told, "the vendor to have the list", 60)

    def applied_offset(self):
        return int(self.redis.hget("{aarhus}:m", "offset") or -1)

    def state_reads(self):
        """How often meta and events, and how often the ledger of some events was read: each list that
        changes something takes two and one, in this order."""
        stats = self.redis.info("commandstats")
        return [stats.get(f"cmdstat_{command}", {}).get("calls", 0) for command in ("hgetall", "hmget")]

    def wait_read(self):
        """Until every list has been handed to the reconciler."""
        name = self.pipeline.topics.name("snapshots")
        wait_until(lambda: sum(value for key, value in self.pipeline["reconciler"].metrics().items()
                               if key.startswith("dplsync_kafka_consumer_lag") and name in key) == 0,
                   "the list to be read")


@pytest.fixture
def alone(pipeline):
    alone = Alone(pipeline)
    yield alone
    alone.redis.close()


def stop_before_state(alone, kafka, redis):
    """It has the list, and waits for the state."""
    alone.reads_before = alone.state_reads()
    redis.pause()
    alone.lists.publish(alone.next_list())
    wait_until(redis.unread_bytes, "the state to be asked for")


def stop_before_told(alone, kafka, redis):
    """It has produced the changes, and Kafka has not taken them."""
    stop_before_state(alone, kafka, redis)
    kafka.pause()
    redis.resume()
    hashes, ledgers = alone.reads_before
    wait_until(lambda: alone.state_reads() >= [hashes + 2, ledgers + 1], "the state to be read")


def stop_in_the_middle(alone, begun, in_the_middle):
    """Killed while a large list is worked. Where that was too late, with the next one."""
    for attempt in range(8):
        before = begun(alone)
        alone.events = [event(number, f"Title {attempt}") for number in range(1, MANY + 1)]
        _, offset = alone.lists.publish(alone.events, parts=4)
        wait_until(lambda: begun(alone) != before, "the list to be worked", interval=0.001)
        alone.pipeline["reconciler"].kill()
        if in_the_middle(alone, offset):
            return
        alone.pipeline["reconciler"].start()
        alone.wait_told()
    raise AssertionError("it was never met in the middle")


def told_end(alone):
    """Of the municipality's partition: it has the same number in every topic."""
    return alone.pipeline.topics.end("changes", alone.place[0])


def applied(alone, place):
    """The state of an event of the list; they are written in its order, which is that of the uuids."""
    return alone.redis.hget("{aarhus}:s", UUID(alone.events[place]["uuid"]).bytes)


def is_told_in_part(alone, offset):
    versions = [change["version"] for change in alone.pipeline.changes("aarhus")]
    newest = max(versions)
    ends = {change["version"] for change in alone.pipeline.changes("aarhus", "snapshot")}
    return versions.count(newest) < MANY and newest not in ends


def is_applied_in_part(alone, offset):
    first, last = (applied(alone, place) or b"" for place in (0, -1))
    return alone.applied_offset() < offset and first[VERSION] != last[VERSION]


def stop_told_in_part(alone, kafka, redis):
    """Kafka has some of the changes, and not their completion record."""
    stop_in_the_middle(alone, told_end, is_told_in_part)


def stop_applied_in_part(alone, kafka, redis):
    """The state has moved for some of the events, and the applied offset has not."""
    stop_in_the_middle(alone, lambda alone: applied(alone, 0), is_applied_in_part)


def stop_before_applied(alone, kafka, redis):
    """Kafka has the changes, and the state has not moved."""
    stop_before_told(alone, kafka, redis)
    redis.pause()
    kafka.resume()
    alone.pipeline.wait(lambda: len(alone.pipeline.changes("aarhus", "snapshot")) >= 2,
                        "the completion record")


def stop_in_parts(alone, kafka, redis):
    """It has the first of two parts."""
    first, second = alone.lists.parts(alone.next_list(), parts=2)
    alone.lists.send(first)
    alone.wait_read()
    alone.rest = second


def stop_applied(alone, kafka, redis):
    """The state has moved, and the group's offset has not."""
    _, offset = alone.lists.publish(alone.next_list())
    wait_until(lambda: alone.applied_offset() == offset, "the state to move", interval=0.002)


def stop_committed(alone, kafka, redis):
    """Everything is done."""
    partition, offset = alone.lists.publish(alone.next_list())
    group = alone.pipeline.topics.prefix + "reconciler"
    wait_until(lambda: alone.pipeline.topics.committed(group, "snapshots").get(partition) ==
               offset + 1, "the offset to be committed", interval=0.2)


STEPS = [stop_in_parts, stop_before_state, stop_before_told, stop_told_in_part, stop_before_applied,
         stop_applied_in_part, stop_applied, stop_committed]


@pytest.mark.parametrize("stop", STEPS, ids=lambda stop: stop.__name__)
def test_killed_where_others_can_see_a_difference(pipeline, alone, kafka, redis, stop):
    """Assembled, read, told, applied, committed (DESIGN.md 1, 2, 6, 7, 8), and in the middle of what
    takes many pieces. What lies between two of these places (diff, deletions, guard: 3 to 5) is
    thinking: nothing of it leaves the process, so that a kill there is one before telling."""
    alone.rest = None
    stop(alone, kafka, redis)
    pipeline["reconciler"].kill()
    redis.resume()
    kafka.resume()
    pipeline["reconciler"].start()
    if alone.rest:
        alone.lists.send(alone.rest)
    alone.wait_told()
    check_versions(pipeline)
    lists = alone.lists.serial
    pipeline.wait(lambda: len({change["version"] for change in pipeline.changes("aarhus")}) == lists,
                  "every list to be told under one version")
    assert len(pipeline.changes("aarhus", "snapshot")) <= lists + 1
    assert pipeline["reconciler"].stop() == 0


def test_all_of_redis_flushed_under_way(pipeline, redis):
    handle = pipeline.add("aarhus", generate=30, future=True)
    pipeline.start()
    wait_in_step(pipeline, "aarhus", handle)
    gone, changed, kept = list(handle.events())[:3]
    handle.unpublish(gone)
    wait_in_step(pipeline, "aarhus", handle)
    redis.flush()
    handle.edit_event(changed, title="After the flush")
    handle.unpublish(kept)
    wait_in_step(pipeline, "aarhus", handle, timeout=60)
    check_versions(pipeline)
    assert len(pipeline.changes("aarhus", "create")) == 30
    assert len(pipeline.changes("aarhus", "delete", gone)) == 1


def test_redis_killed_and_an_older_copy_restored(pipeline, redis):
    handle = pipeline.add("aarhus", generate=30, future=True)
    pipeline.start()
    wait_in_step(pipeline, "aarhus", handle)
    redis.save()
    gone, changed, later = list(handle.events())[:3]
    handle.edit_event(changed, title="After the copy")
    handle.unpublish(gone)
    wait_in_step(pipeline, "aarhus", handle)
    redis.restore()
    handle.unpublish(later)
    handle.edit_event(changed, title="After the restoring")
    wait_in_step(pipeline, "aarhus", handle, timeout=60)
    check_versions(pipeline)
    assert len(pipeline.changes("aarhus", "create")) == 30
    assert len(pipeline.changes("aarhus", "delete", gone)) == 1
    status = pipeline["reconciler"].metrics()
    assert status['dplsync_reconciler_rebuilds_total{municipality="aarhus"}'] >= 1
    assert status["dplsync_reconciler_rebuild_records_total"] >= 30


def test_a_rebuild_does_not_stand_still_when_much_was_fetched_ahead(pipeline):
    """What librdkafka has fetched ahead fills its queue here with every fetch; before it had
    fetch.queue.backoff.ms it then slept for a second each time."""
    pipeline.config["kafka"]["queued.max.messages.kbytes"] = "64"
    alone = Alone(pipeline)
    alone.lists.publish([event(number, body=random.randbytes(4000).hex()) for number in range(1, 1001)],
                        parts=16)
    pipeline.wait(lambda: alone.redis.hlen("{aarhus}:s") == 1000, "the list to be told", 30)
    alone.redis.flushdb()
    pipeline.command("aarhus", command="reassert", id="look")
    line = pipeline.wait(lambda: [line for line in pipeline["reconciler"].log_lines()
                                  if line.get("message") == "changes were read for a rebuild" and
                                  line["records"] > 1000], "the rebuild", 60)[0]
    assert line["ms"] < 2000


def test_the_broker_is_away_for_longer_than_a_session(pipeline, kafka):
    """The programs rest meanwhile, and go on when it is back."""
    pipeline.config["kafka"].update({"session.timeout.ms": "3000", "message.timeout.ms": "2500"})
    handle = pipeline.add("aarhus", generate=30, future=True)
    pipeline.start()
    wait_in_step(pipeline, "aarhus", handle)
    gone, changed = list(handle.events())[:2]
    handle.edit_event(changed, title="Just before")
    kafka.kill()
    handle.edit_event(changed, title="While Kafka is away")
    handle.unpublish(gone)
    used = {name: service.cpu_seconds() for name, service in pipeline.services.items()}
    time.sleep(AWAY)
    for name, service in pipeline.services.items():
        assert service.alive and service.get("/readyz")[0] == 503, name
        used[name] = service.cpu_seconds() - used[name]
    assert max(used.values()) < 0.2 * AWAY, used
    kafka.start()
    wait_in_step(pipeline, "aarhus", handle, timeout=90)
    check_versions(pipeline)
    assert pipeline.stop() == {"fetcher": 0, "reconciler": 0, "writer": 0}


@pytest.mark.slow
def test_98_municipalities(make_pipeline):
    """All of Denmark, small: told, edited, one event of each withdrawn, and a restart under way."""
    pipeline = make_pipeline(partitions=24)
    pipeline.config["defaults"]["poll_interval"] = "2s"
    handles = {f"site-{n}": pipeline.add(f"site-{n}", generate=15, number=1000 * n, future=True)
               for n in range(98)}
    pipeline.start("fetcher", "reconciler")

    def in_step():
        return all(told(pipeline, name) == shown(handle) for name, handle in handles.items())

    pipeline.wait(in_step, "98 sites and the vendor to agree", 120)
    for handle in handles.values():
        changed, gone = list(handle.events())[:2]
        handle.edit_event(changed, title="Edited")
        handle.unpublish(gone)
    pipeline["reconciler"].kill()
    pipeline["reconciler"].start()
    pipeline.wait(in_step, "98 sites and the vendor to agree again", 120)
    check_versions(pipeline)
    assert len(pipeline.changes(op="create")) == 98 * 15
    assert pipeline["reconciler"].resident_kb() < 30 * 1024


@pytest.mark.parametrize("spoil, detail", [
    (lambda part: (b"<html>", part[1]), "the part is not a JSON array"),
    (lambda part: (part[0], {**part[1], "dplsync-events": "7"}),
     "the list is said to have 7 events, and has 1"),
    (lambda part: (part[0], {"content-type": "application/json"}), "header dplsync-snapshot-id"),
    (lambda part: (None, part[1]), "no value"),
], ids=["no-array", "other-count", "no-headers", "no-value"])
def test_a_bad_list_is_a_dead_letter_and_the_next_one_is_told(pipeline, alone, spoil, detail):
    bad = spoil(alone.lists.parts([event(50)])[0])
    partition, offset = alone.lists.send(bad)
    letters = pipeline.wait(pipeline.dead_letters, "the dead letter")
    assert len(letters) == 1
    letter = letters[0]
    assert (letter.key, letter.value) == ("aarhus", bad[0])
    assert letter.headers["dplsync-reason"] == "invalid-snapshot"
    assert detail in letter.headers["dplsync-detail"]
    assert (letter.headers["dplsync-partition"], letter.headers["dplsync-offset"]) == \
        (str(partition), str(offset))
    for name in bad[1]:
        assert letter.headers[name] == bad[1][name]
    alone.lists.publish(alone.next_list())
    alone.wait_told()


def test_a_key_gets_its_tombstone(pipeline, alone):
    """Thirty days are in the entry's own time of deletion, which is set back."""
    gone = alone.events.pop()["uuid"]
    alone.lists.publish(alone.events)
    alone.wait_told()
    field = bytes.fromhex(gone.replace("-", ""))
    entry = bytearray(alone.redis.hget("{aarhus}:s", field))
    since = slice(len(entry) - 8, len(entry))  # without series and links, it is the last member
    assert abs(int.from_bytes(entry[since], "little") / 1000 - time.time()) < 600
    entry[since] = int((time.time() - 31 * 86400) * 1000).to_bytes(8, "little")
    alone.redis.hset("{aarhus}:s", field, bytes(entry))
    alone.lists.publish(alone.events)
    nulls = pipeline.wait(lambda: [record for record in pipeline.topics.read("changes")
                                   if record.value is None], "the tombstone")
    assert [record.key for record in nulls] == [f"aarhus/{gone}"]
    pipeline.wait(lambda: not alone.redis.hexists("{aarhus}:s", field), "the entry to go")
    alone.lists.publish(alone.events)
    pipeline.wait(lambda: len(pipeline.changes("aarhus", "snapshot")) == 4, "another list")
    assert sum(record.value is None for record in pipeline.topics.read("changes")) == 1


def test_drift_is_counted_and_named_and_never_fought(pipeline):
    handle = pipeline.add("aarhus", generate=5, future=True)
    pipeline.start()
    wait_in_step(pipeline, "aarhus", handle)
    uuid = next(iter(handle.events()))
    link = {"url": "https://tickets.example/1", "admin_url": "https://tickets.example/admin/1"}
    pipeline.send("aarhus", uuid=uuid, external_data=link)
    pipeline.wait(lambda: pipeline.results("aarhus", uuid), "the result")
    other = {"url": "https://elsewhere.example", "admin_url": link["admin_url"]}
    handle.edit_event(uuid, external_data=other)
    pipeline.command("aarhus", command="refresh", full=True, fresh=True, id="look")
    pipeline.wait(lambda: pipeline.redis_status("aarhus").get("reconciler_drift") == "1", "drift")
    assert pipeline.redis_status("aarhus")["reconciler_drift_events"] == uuid
    assert pipeline["reconciler"].metrics()[
        'dplsync_reconciler_drift_total{municipality="aarhus"}'] >= 1
    assert handle.event(uuid)["external_data"] == other
    pipeline.send("aarhus", uuid=uuid, external_data=other)
    pipeline.wait(lambda: len(pipeline.results("aarhus", uuid)) == 2, "the second result")
    pipeline.command("aarhus", command="refresh", full=True, fresh=True, id="look-again")
    pipeline.wait(lambda: pipeline.redis_status("aarhus").get("reconciler_drift") == "0",
                  "the drift to end with another wish")


def ended(pipeline, *words):
    """The reconciler ends by itself, with one sentence that has these words."""
    service = pipeline["reconciler"]
    service.expected_end = True
    wait_until(lambda: not service.alive, "the reconciler to end")
    assert service.process.returncode == 1
    said = [line for line in service.log_text().splitlines() if all(word in line for word in words)]
    assert len(said) == 1, service.log_tail()


def test_a_recreated_topic_stops_it(pipeline, alone):
    alone.lists.publish(alone.next_list())
    alone.wait_told()
    pipeline["reconciler"].stop()
    pipeline.topics.delete("snapshots")
    pipeline.topics.create_again("snapshots")
    pipeline["reconciler"].start(wait=False)
    ended(pipeline, "began anew", "raise topics.epoch")
    pipeline.config["topics"]["epoch"] = 2
    pipeline.start("reconciler")
    alone.lists.publish(alone.next_list())
    alone.wait_told()


def test_more_partitions_stop_it_under_way(pipeline):
    pipeline.config["kafka"]["topic.metadata.refresh.interval.ms"] = 500
    alone = Alone(pipeline)
    pipeline.topics.grow("snapshots", pipeline.topics.partitions + 1)
    ended(pipeline, "topics.partitions is 6", "fixed once there is data")
    alone.redis.close()


@pytest.mark.parametrize("topics, words", [
    ({"changes": {"cleanup.policy": "delete"}}, ["changes", "cleanup.policy", "compact"]),
    ({"snapshots": {"message.timestamp.type": "CreateTime"}}, ["snapshots", "LogAppendTime"]),
], ids=["not-compacted", "no-append-time"])
def test_a_wrong_topic_is_refused_at_the_start(make_pipeline, topics, words):
    pipeline = make_pipeline(topics=topics)
    pipeline.add_municipality("aarhus", "https://www.aakb.dk")
    pipeline.start("reconciler", wait=False)
    ended(pipeline, *words)
