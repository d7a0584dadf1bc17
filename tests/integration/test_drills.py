"""When something went wrong: each drill does what README.md says to do, on real Kafka and Redis, and
ends with the site, the topics and the vendor agreeing."""

import time

import pytest

from operate import operate, operate_json
from test_operator import moment
from test_pipeline import Vendor, facts, shown, wait_in_step

WRITES = {"write_rate": 100, "write_burst": 100}


@pytest.fixture
def running(pipeline):
    """A site of twelve events, all told; the vendor has linked them all and sold out three."""
    handle = pipeline.add("aarhus", WRITES, generate=12, future=True)
    pipeline.start()
    pipeline.wait(lambda: len(pipeline.changes("aarhus", "create")) == 12, "twelve creates")
    vendor = Vendor(pipeline, "aarhus")
    vendor.look()
    for uuid in sorted(handle.events())[:3]:
        vendor.wish(uuid, state="SoldOut")
    pipeline.wait(lambda: vendor.is_satisfied(handle), "the wishes on the site")
    wait_told(pipeline, vendor)
    return handle, vendor


def wait_told(pipeline, vendor):
    pipeline.wait(lambda: set(vendor.sent) <= {result["version"] for result in pipeline.results("aarhus")},
                  "an outcome for every update")


def agree(pipeline, handle, vendor):
    """The vendor has exactly what the site shows, and the site shows what the vendor wished last."""
    wait_in_step(pipeline, "aarhus", handle)
    pipeline.wait(lambda: vendor.is_satisfied(handle), "the site to show the vendor's newest wishes")


def life_goes_on(pipeline, handle, vendor):
    """An edit is told, a withdrawal is told, a wish is done."""
    first, second, third = sorted(shown(handle))[-3:]
    handle.edit_event(first, title="Efter uheldet")
    handle.unpublish(second)
    vendor.wishes.pop(second, None)
    vendor.wish(third, state="Cancelled")
    agree(pipeline, handle, vendor)


def now():
    return moment(time.time() * 1000)


def wait_for_the_clock(pipeline, topic="updates"):
    """Kafka's times are whole milliseconds: what follows is later than all that stands there."""
    newest = max(record.timestamp_ms for record in pipeline.topics.read(topic))
    pipeline.wait(lambda: time.time() * 1000 > newest + 1, "the clock to move on")


class TestRedisLost:
    def test_nothing_is_to_be_done(self, pipeline, redis, running):
        handle, vendor = running
        deletes = len(pipeline.changes("aarhus", "delete"))
        patches = len(handle.patches())
        redis.flush(pipeline.database)
        life_goes_on(pipeline, handle, vendor)
        assert len(pipeline.changes("aarhus", "delete")) == deletes + 1, "only what was withdrawn"
        assert len(handle.patches()) == patches + 1, "nothing is sent that the site has"
        assert pipeline.dead_letters() == []
        pipeline.wait(lambda: operate_json(pipeline, "status", "aarhus")["wrong"] == [], "the status to be whole again")


class TestVendorsDatabaseLost:
    def test_the_topic_has_it_from_its_beginning(self, pipeline, running):
        handle, vendor = running
        handle.unpublish(sorted(shown(handle))[-1])
        agree(pipeline, handle, vendor)
        assert facts(pipeline.vendor_table("aarhus")) == facts(shown(handle))

    def test_reassert_tells_it_again(self, pipeline, running):
        handle, vendor = running
        before = len(pipeline.changes("aarhus"))
        operate(pipeline, "reassert", "aarhus")
        again = pipeline.wait(lambda: len(found := pipeline.changes("aarhus")[before:]) >= 12 and found,
                              "all events to be told again")
        assert facts({change["uuid"]: change["event"] for change in again}) == facts(shown(handle))
        agree(pipeline, handle, vendor)


class TestSiteRestoredFromAnOldBackup:
    def test_replay_results_puts_back_what_was_wished_since(self, pipeline, running):
        handle, vendor = running
        wait_for_the_clock(pipeline, "results")
        backup = now()
        old = {uuid: {name: event.get(name) for name in ("title", "state", "external_data")}
               for uuid, event in handle.events().items()}

        sold, linked = sorted(shown(handle))[3:5]
        vendor.wish(sold, state="SoldOut")
        vendor.wish(linked, external_data={"url": "https://tickets.example/new", "admin_url": "https://tickets.example/new/admin"})
        handle.edit_event(sorted(shown(handle))[5], title="Ny titel")
        added = handle.add_event(title="Kom til siden")["uuid"]
        pipeline.wait(lambda: added in pipeline.vendor_table("aarhus"), "the new event to be told")
        agree(pipeline, handle, vendor)
        wait_told(pipeline, vendor)

        for uuid, members in old.items():
            handle.edit_event(uuid, **{name: value for name, value in members.items() if value is not None})
        handle.delete_event(added)
        assert not vendor.is_satisfied(handle)
        said = operate_json(pipeline, "replay", "results", "--from", backup)
        assert said["sent"] == 2, "only what had a result since the backup"
        agree(pipeline, handle, vendor)
        life_goes_on(pipeline, handle, vendor)


class TestDeadLettersAfterAnOutage:
    def test_are_replayed(self, pipeline, running):
        handle, vendor = running
        handle.message(422, method="PATCH")
        uuids = sorted(shown(handle))[3:8]
        for uuid in uuids:
            vendor.wish(uuid, state="SoldOut")
        pipeline.wait(lambda: len(pipeline.dead_letters()) == 5, "five dead letters")
        handle.clear_faults()
        vendor.wish(uuids[0], state="Cancelled")
        agree_partly = {uuid: "Cancelled" if uuid == uuids[0] else "SoldOut" for uuid in uuids}
        pipeline.wait(lambda: handle.event(uuids[0])["state"] == "Cancelled", "the newer wish")

        assert operate_json(pipeline, "dead-letters", "replay", "--reason", "rejected-by-cms", "--dry-run")["replayed"] == 5
        assert operate_json(pipeline, "dead-letters", "replay", "--reason", "rejected-by-cms")["replayed"] == 5
        agree(pipeline, handle, vendor)
        assert {uuid: handle.event(uuid)["state"] for uuid in uuids} == agree_partly
        assert operate_json(pipeline, "dead-letters", "list")["count"] == 0


class TestBadVendorDeployment:
    def wrong_hour(self, pipeline, handle):
        """Wrong states for six events; the span, to its end not included."""
        wait_for_the_clock(pipeline)
        begin = now()
        uuids = sorted(shown(handle))[:6]
        for uuid in uuids:
            pipeline.send("aarhus", uuid=uuid, state="Cancelled")
        pipeline.wait(lambda: all(handle.event(uuid)["state"] == "Cancelled" for uuid in uuids), "the wrong states")
        wait_for_the_clock(pipeline)
        return uuids, begin, now()

    def test_the_vendor_sends_anew_what_is_right(self, pipeline, running):
        handle, vendor = running
        uuids, _, _ = self.wrong_hour(pipeline, handle)
        for uuid in uuids:
            vendor.wish(uuid, state=vendor.wishes[uuid].get("state", "Active"))
        agree(pipeline, handle, vendor)

    def test_or_the_hour_is_taken_back(self, pipeline, running):
        self.take_back(pipeline, *running)

    def test_also_of_a_vendor_with_another_partitioner(self, pipeline, another_partitioner, running):
        self.take_back(pipeline, *running)
        assert {record.partition for record in pipeline.topics.read("updates")} == {another_partitioner}

    def take_back(self, pipeline, handle, vendor):
        for uuid in sorted(shown(handle))[3:6]:
            vendor.wish(uuid, state="Active")
        agree(pipeline, handle, vendor)
        uuids, begin, end = self.wrong_hour(pipeline, handle)
        span = ["--undo", "--from", begin, "--to", end]
        assert operate_json(pipeline, "replay", "updates", *span, "--dry-run")["sent"] == 6
        said = operate_json(pipeline, "replay", "updates", *span)
        assert (said["sent"], said["without_earlier_wish"]) == (6, 0)
        agree(pipeline, handle, vendor)
        assert operate_json(pipeline, "replay", "updates", *span)["sent"] == 0


class TestTopicsMadeAnew:
    def told(self, pipeline, table):
        """What a vendor has who kept its table and its versions, and reads the new topic."""
        versions = {uuid: version for uuid, (version, _) in table.items()}
        for change in pipeline.changes("aarhus"):
            if change["version"] > versions.get(change["uuid"], 0):
                versions[change["uuid"]] = change["version"]
                table[change["uuid"]] = (change["version"], change.get("event"))
        return {uuid: event for uuid, (_, event) in table.items() if event is not None}

    def test_programs_stop_until_the_epoch_is_raised(self, pipeline, running):
        handle, vendor = running
        table = {change["uuid"]: (change["version"], change["event"]) for change in pipeline.changes("aarhus")}
        old_versions = max(version for version, _ in table.values())
        assert set(pipeline.stop().values()) == {0}
        pipeline.topics.delete()
        operate(pipeline, "topics", "create", "--replication", "1")

        reconciler = pipeline["reconciler"]  # before new lists have filled the topic up to where it was
        reconciler.start(wait=False)
        assert reconciler.wait(30) == 1
        assert "raise topics.epoch" in reconciler.log_text()
        pipeline.stop()

        pipeline.config["topics"]["epoch"] = 2
        pipeline.start()
        operate(pipeline, "reassert", "--all")
        first, second, third = sorted(shown(handle))[-3:]
        handle.edit_event(first, title="Efter uheldet")
        handle.unpublish(second)
        vendor.wishes.pop(second, None)
        vendor.wish(third, state="Cancelled")
        pipeline.wait(lambda: facts(self.told(pipeline, table)) == facts(shown(handle)),
                      "the vendor and the site to agree")
        pipeline.wait(lambda: vendor.is_satisfied(handle), "the site to show the vendor's newest wishes")
        assert all(change["version"] > old_versions for change in pipeline.changes("aarhus"))
        assert facts(pipeline.vendor_table("aarhus")) == facts(shown(handle)), "the new topic has all of it"
        assert pipeline.dead_letters() == []
