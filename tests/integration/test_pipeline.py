"""The whole way, from a site's list to its PATCH: what a vendor and an editor see."""

import random

import pytest

from parts import Failure

SETTLED = ("title", "date_time", "body", "branches", "address")
LINK = {"url": "https://tickets.example/e/77", "admin_url": "https://tickets.example/admin/e/77"}


def shown(handle):
    """What the site shows the public, by uuid."""
    return {uuid: event for uuid, event in handle.events().items() if event["published"]}


def facts(events):
    return {uuid: {name: event.get(name) for name in SETTLED} for uuid, event in events.items()}


def wait_in_step(pipeline, name, handle, timeout=60):
    """The vendor's table holds exactly what the site shows."""
    try:
        pipeline.wait(lambda: facts(pipeline.vendor_table(name)) == facts(shown(handle)),
                      f"the vendor and {name} to agree", timeout)
    except Failure:
        told, true = facts(pipeline.vendor_table(name)), facts(shown(handle))
        assert sorted(told) == sorted(true), "the vendor knows other events than the site shows"
        assert told == true, "the vendor knows an event otherwise than the site shows it"
        raise


def wait_link(pipeline, handle, uuid, link=None, timeout=30):
    pipeline.wait(lambda: handle.event(uuid)["external_data"] == (link or LINK),
                  f"{handle.name} to show the link", timeout)


def wait_state(pipeline, handle, uuid, state, timeout=30):
    pipeline.wait(lambda: handle.event(uuid).get("state") == state, f"{handle.name} to show {state}", timeout)


@pytest.fixture
def aarhus(pipeline):
    """A running pipeline with one site of ten events, all told."""
    handle = pipeline.add("aarhus", generate=10, future=True)
    pipeline.start()
    pipeline.wait(lambda: len(pipeline.changes("aarhus", "create")) == 10, "ten creates")
    return handle


def quiet_list(pipeline, handle, rounds=3):
    """Wait until the site was read so often again: time enough for a false change to be told."""
    start = handle.control.ledger_next()
    pipeline.wait(lambda: len(handle.ledger(start, method="GET")) >= rounds, "the site to be read again")


class TestChanges:
    def test_every_event_is_told_once_with_its_bytes_untouched(self, pipeline, aarhus):
        creates = pipeline.changes("aarhus", "create")
        assert {change["uuid"] for change in creates} == set(aarhus.events())
        assert all(change["event"]["uuid"] == change["uuid"] for change in creates)
        values = b"".join(record.value for record in pipeline.topics.read("changes"))
        assert rb"\u00" in values, "the CMS escapes what is beyond ASCII, and its bytes are passed on"

    def test_a_snapshot_record_closes_the_list(self, pipeline, aarhus):
        closed = pipeline.wait(lambda: pipeline.changes("aarhus", "snapshot"), "the completion record")
        assert (closed[0]["known"], closed[0]["created"], closed[0]["deleted"]) == (10, 10, 0)
        assert closed[0]["version"] == pipeline.changes("aarhus", "create")[0]["version"]

    def test_an_edit_is_an_update_that_names_what_changed(self, pipeline, aarhus):
        uuid = next(iter(aarhus.events()))
        aarhus.edit_event(uuid, description="En ny beskrivelse")
        update = pipeline.wait(lambda: pipeline.changes("aarhus", "update"), "an update")[0]
        assert (update["uuid"], update["changed"]) == (uuid, ["description"])
        assert update["event"]["description"] == "En ny beskrivelse"

    def test_a_withdrawn_event_is_deleted_and_created_again_when_it_comes_back(self, pipeline, aarhus):
        uuid = next(iter(aarhus.events()))
        created = pipeline.changes("aarhus", "create", uuid)[0]
        aarhus.unpublish(uuid)
        gone = pipeline.wait(lambda: pipeline.changes("aarhus", "delete", uuid), "the delete")[0]
        assert gone["reason"] == "absent"
        assert gone["version"] > created["version"]
        assert gone["date_time"]["start"] and gone["series"]
        aarhus.publish(uuid)
        again = pipeline.wait(lambda: pipeline.changes("aarhus", "create", uuid)[1:], "a second create")[0]
        assert again["version"] > gone["version"]

    def test_a_deletion_comes_only_from_a_read_past_the_cache(self, pipeline, aarhus):
        uuid = next(iter(aarhus.events()))
        aarhus.unpublish(uuid)
        gone = pipeline.wait(lambda: pipeline.changes("aarhus", "delete", uuid), "the delete")[0]
        snapshots = pipeline.topics.read("snapshots")
        told_by = [s for s in snapshots if s.offset == gone["version"] % 2**40 and s.key == "aarhus"]
        assert told_by and told_by[0].headers["dplsync-fresh"] == "true"

    def test_the_same_list_again_tells_nothing(self, pipeline, aarhus):
        before = len(pipeline.changes("aarhus"))
        closed = len(pipeline.changes("aarhus", "snapshot"))
        pipeline.command("aarhus", command="refresh", full=True, fresh=True, id="again")
        pipeline.wait(lambda: len(pipeline.changes("aarhus", "snapshot")) > closed, "the list to be applied again")
        assert len(pipeline.changes("aarhus")) == before

    def test_restarting_every_service_tells_nothing(self, pipeline, aarhus):
        before = len(pipeline.changes("aarhus"))
        assert set(pipeline.stop().values()) == {0}, "SIGTERM drains and ends with 0"
        pipeline.start()
        closed = len(pipeline.changes("aarhus", "snapshot"))
        pipeline.command("aarhus", command="refresh", full=True, fresh=True, id="after-restart")
        pipeline.wait(lambda: len(pipeline.changes("aarhus", "snapshot")) > closed, "a list to be applied")
        assert len(pipeline.changes("aarhus")) == before


    def test_a_command_that_comes_while_all_is_down_is_obeyed_later(self, pipeline, aarhus):
        pipeline.stop()
        closed = len(pipeline.changes("aarhus", "snapshot"))
        pipeline.command("aarhus", command="refresh", full=True, fresh=True, id="meanwhile")
        pipeline.start()
        pipeline.wait(lambda: len(pipeline.changes("aarhus", "snapshot")) > closed, "the list to be applied")


class TestUpdates:
    def test_links_and_states_are_written_and_answered(self, pipeline, aarhus):
        uuid = next(iter(aarhus.events()))
        pipeline.send("aarhus", uuid=uuid, external_data=LINK)
        pipeline.send("aarhus", uuid=uuid, state="SoldOut")
        wait_link(pipeline, aarhus, uuid)
        wait_state(pipeline, aarhus, uuid, "SoldOut")
        results = pipeline.wait(lambda: pipeline.results("aarhus", uuid)[1:] and pipeline.results("aarhus", uuid),
                                "two results")
        assert {result["outcome"] for result in results} == {"applied"}
        assert results[-1]["wish"]["state"]["value"] == "SoldOut"
        assert results[-1]["wish"]["url"]["value"] == LINK["url"]

    def test_a_patch_carries_key_trace_and_name(self, pipeline, aarhus):
        uuid = next(iter(aarhus.events()))
        trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        pipeline.send("aarhus", headers={"traceparent": trace}, uuid=uuid, external_data=LINK)
        patch = aarhus.wait_patches(1)[0]
        key = pipeline.wait(lambda: pipeline.results("aarhus", uuid), "the result")[0]["idempotency_key"]
        assert patch["idempotency_key"] == f'"{key}"' and len(key) == 32
        assert patch["traceparent"].split("-")[1] == trace.split("-")[1]
        assert patch["user_agent"].startswith("dplsync/") and "tests@vendor.example" in patch["user_agent"]
        assert patch["content_type"] == "application/json"

    def test_a_patch_whose_update_has_no_trace_begins_one_named_by_its_key(self, pipeline, aarhus):
        uuid = next(iter(aarhus.events()))
        pipeline.send("aarhus", uuid=uuid, state="SoldOut")
        trace = aarhus.wait_patches(1)[0]["traceparent"].split("-")
        key = pipeline.wait(lambda: pipeline.results("aarhus", uuid), "the result")[0]["idempotency_key"]
        assert trace[:2] == ["00", key]
        result = pipeline.topics.read("results")[0]
        assert result.headers["traceparent"].split("-")[:2] == ["00", key]

    def test_our_own_write_in_the_next_list_is_no_change(self, pipeline, aarhus):
        before = len(pipeline.changes("aarhus"))
        uuid = next(iter(aarhus.events()))
        pipeline.send("aarhus", uuid=uuid, external_data=LINK, state="SoldOut")
        wait_state(pipeline, aarhus, uuid, "SoldOut")
        pipeline.wait(lambda: any(b"SoldOut" in record.value and LINK["url"].replace("/", r"\/").encode() in record.value
                                  for record in pipeline.topics.read("snapshots")), "a list that shows the write")
        closed = len(pipeline.changes("aarhus", "snapshot"))
        pipeline.command("aarhus", command="refresh", full=True, fresh=True, id="look")
        pipeline.wait(lambda: len(pipeline.changes("aarhus", "snapshot")) > closed, "that list to be applied")
        assert len(pipeline.changes("aarhus")) == before

    def test_half_a_link_keeps_the_other_half(self, pipeline, aarhus):
        uuid = next(iter(aarhus.events()))
        pipeline.send("aarhus", uuid=uuid, external_data=LINK)
        wait_link(pipeline, aarhus, uuid)
        pipeline.send("aarhus", uuid=uuid, external_data={"url": "https://tickets.example/e/78"})
        wait_link(pipeline, aarhus, uuid, {**LINK, "url": "https://tickets.example/e/78"})

    def test_half_a_link_keeps_what_an_editor_wrote_whatever_it_is(self, pipeline, aarhus):
        uuid, own = next(iter(aarhus.events())), "/node/5 token=a lease_until=1"
        aarhus.edit_event(uuid, external_data={"url": own})
        closed = len(pipeline.changes("aarhus", "snapshot"))
        pipeline.command("aarhus", command="refresh", full=True, fresh=True, id="look")
        pipeline.wait(lambda: len(pipeline.changes("aarhus", "snapshot")) > closed, "that list to be applied")
        for path in ("old", "new"):
            half = {"admin_url": f"https://tickets.example/{path}"}
            pipeline.send("aarhus", uuid=uuid, external_data=half)
            wait_link(pipeline, aarhus, uuid, {"url": own, **half})
        results = pipeline.wait(lambda: len(pipeline.results("aarhus", uuid)) == 2 and
                                pipeline.results("aarhus", uuid), "both results")
        assert [result["outcome"] for result in results] == ["applied", "applied"]
        assert results[1]["wish"]["url"]["value"] == own

    def test_null_clears_the_link(self, pipeline, aarhus):
        uuid = next(iter(aarhus.events()))
        pipeline.send("aarhus", uuid=uuid, external_data=LINK)
        wait_link(pipeline, aarhus, uuid)
        pipeline.send("aarhus", uuid=uuid, external_data={"url": None, "admin_url": None})
        pipeline.wait(lambda: aarhus.event(uuid)["external_data"] == {}, "the link to go")

    def test_a_burst_for_one_event_ends_with_the_newest_and_never_overlaps(self, pipeline, aarhus):
        uuid = next(iter(aarhus.events()))
        states = ["Active", "SoldOut"] * 20 + ["Cancelled"]
        for state in states:
            pipeline.send("aarhus", uuid=uuid, state=state)
        wait_state(pipeline, aarhus, uuid, "Cancelled")
        results = pipeline.wait(lambda: len(pipeline.results("aarhus", uuid)) >= len(states) and
                                pipeline.results("aarhus", uuid), "a result for every update")
        assert len({result["version"] for result in results}) == len(states)
        assert {result["outcome"] for result in results} <= {"applied", "superseded", "unchanged"}
        assert len(aarhus.patches(uuid)) < len(states), "what was replaced while it waited is not sent"
        assert not any(patch["overlapped"] for patch in aarhus.patches(uuid))


class TestBadUpdates:
    """Each is a dead letter with the reason and the original's bytes, and the stream goes on."""

    @pytest.mark.parametrize("reason, value", [
        ("invalid-state", {"municipality": "aarhus", "uuid": "UUID", "state": "Soldout"}),
        ("invalid-url", {"municipality": "aarhus", "uuid": "UUID", "external_data": {"url": "tickets.example/1"}}),
        ("invalid-uuid", {"municipality": "aarhus", "uuid": "77", "state": "SoldOut"}),
        ("nothing-to-do", {"municipality": "aarhus", "uuid": "UUID"}),
        ("not-json", b"{\"municipality\":\"aarhus\""),
    ])
    def test_is_a_dead_letter(self, pipeline, aarhus, reason, value):
        uuid = next(iter(aarhus.events()))
        if isinstance(value, dict) and value["uuid"] == "UUID":
            value = {**value, "uuid": uuid}
        partition, offset = pipeline.topics.send("updates", "aarhus", value)
        pipeline.send("aarhus", uuid=uuid, state="SoldOut")
        wait_state(pipeline, aarhus, uuid, "SoldOut")
        letter = pipeline.wait(pipeline.dead_letters, "the dead letter")[0]
        original = pipeline.topics.read("updates")[0]
        assert letter.headers["dplsync-reason"] == reason
        assert letter.headers["dplsync-detail"]
        assert letter.headers.get("dplsync-uuid") == (None if reason in ("invalid-uuid", "not-json") else uuid)
        assert (letter.key, letter.value) == (original.key, original.value)
        assert (int(letter.headers["dplsync-partition"]), int(letter.headers["dplsync-offset"])) == (partition, offset)
        assert len(aarhus.patches()) == 1

    def test_an_unknown_municipality_waits_before_it_is_one(self, make_pipeline):
        pipeline = make_pipeline(partitions=1)
        handle = pipeline.add("aarhus", generate=2, future=True)
        pipeline.config["writer"] = {"unknown_municipality_wait": "2s"}
        pipeline.start()
        pipeline.send("nowhere", uuid="0f1c0000-0000-4000-8000-000000000001", state="SoldOut")
        uuid = next(iter(handle.events()))
        pipeline.send("aarhus", uuid=uuid, state="SoldOut")
        wait_state(pipeline, handle, uuid, "SoldOut")
        assert pipeline.dead_letters() == [], "others of its partition go on meanwhile"
        letter = pipeline.wait(pipeline.dead_letters, "the dead letter")[0]
        assert letter.headers["dplsync-reason"] == "unknown-municipality"
        assert "nowhere" in letter.headers["dplsync-detail"]


class TestBadLists:
    """A failed fetch is never an empty list: nothing is told, the reason is logged, polling goes on."""

    @pytest.mark.parametrize("spoil, word", [
        (lambda site: site.html(method="GET"), "JSON"),
        (lambda site: site.fault("truncate", method="GET"), "truncated"),
        (lambda site: site.not_an_array(method="GET"), "array"),
        (lambda site: site.varnish_503(method="GET"), "503"),
        (lambda site: site.maintenance(method="GET"), "503"),
    ], ids=["html", "truncated", "not an array", "503", "maintenance"])
    def test_tells_nothing(self, pipeline, aarhus, spoil, word):
        before = len(pipeline.topics.read("snapshots")), len(pipeline.changes("aarhus"))
        spoil(aarhus)
        aarhus.purge()
        start = aarhus.control.ledger_next()
        pipeline.wait(lambda: len(aarhus.ledger(start, method="GET")) >= 2, "two more reads")
        line = pipeline.wait(lambda: [line for line in pipeline["fetcher"].log_lines()
                                      if isinstance(line, dict) and line.get("outcome") == "failed"], "a log line")[0]
        assert line["municipality"] == "aarhus"
        assert (len(pipeline.changes("aarhus"))) == before[1]
        aarhus.clear_faults()
        aarhus.edit_event(next(iter(aarhus.events())), title="Efter fejlen")
        pipeline.wait(lambda: pipeline.changes("aarhus", "update"), "the next edit to be told")
        assert pipeline.changes("aarhus", "delete") == []

    def test_an_empty_list_deletes_nothing(self, pipeline, aarhus):
        aarhus.empty_list(method="GET")
        aarhus.purge()
        pipeline.wait(lambda: float(pipeline.redis_status("aarhus").get("reconciler_held", 0)) > 0, "the hold")
        assert pipeline.changes("aarhus", "delete") == []
        aarhus.clear_faults()
        wait_in_step(pipeline, "aarhus", aarhus)
        assert pipeline.changes("aarhus", "delete") == []


class Vendor:
    """Answers creates with links, and remembers what it wished last."""

    def __init__(self, pipeline, name):
        self.pipeline, self.name = pipeline, name
        self.wishes, self.sent, self.linked = {}, [], set()

    def look(self):
        for change in self.pipeline.changes(self.name, "create"):
            if change["uuid"] not in self.linked:
                self.linked.add(change["uuid"])
                self.wish(change["uuid"], external_data={
                    "url": f"https://tickets.example/e/{change['uuid']}", "admin_url": "https://tickets.example/admin"})

    def wish(self, uuid, **members):
        partition, offset = self.pipeline.send(self.name, uuid=uuid, **members)
        self.sent.append((1 << 40) + offset)
        self.wishes.setdefault(uuid, {}).update(members)

    def is_satisfied(self, handle):
        events = handle.events()
        return all(events[uuid].get(member) == value for uuid, wish in self.wishes.items()
                   for member, value in wish.items())


class TestKilled:
    """kill -9 of one service, again and again, while editors and the vendor work: the end is the same."""

    STEPS, EVERY = 48, 6

    @pytest.mark.parametrize("victim", ["fetcher", "reconciler", "writer"])
    def test_ends_as_if_nothing_had_happened(self, pipeline, victim):
        dice = random.Random(victim)
        handle = pipeline.add("aarhus", {"write_rate": 100, "write_burst": 100}, generate=30, future=True)
        pipeline.start()
        vendor = Vendor(pipeline, "aarhus")
        withdrawn = 0
        for step in range(self.STEPS):
            known = sorted(shown(handle))
            uuid = dice.choice(known)
            deed = dice.choice(["edit", "edit", "add", "withdraw", "state", "state", "link"])
            if deed == "edit":
                handle.edit_event(uuid, title=f"Titel {step}")
            elif deed == "add":
                handle.add_event(title=f"Ny {step}")
            elif deed == "withdraw" and withdrawn < 4:
                withdrawn += 1
                handle.unpublish(uuid)
            elif deed == "state":
                vendor.wish(uuid, state=dice.choice(["SoldOut", "Active", "Cancelled"]))
            else:
                vendor.wish(uuid, external_data={"url": f"https://tickets.example/e/{step}",
                                                 "admin_url": f"https://tickets.example/admin/{step}"})
            vendor.look()
            if step % self.EVERY == self.EVERY - 1:
                pipeline[victim].kill()
                pipeline[victim].start(wait=False)
        wait_in_step(pipeline, "aarhus", handle, 90)
        vendor.look()
        pipeline.wait(lambda: vendor.is_satisfied(handle), "the site to show the vendor's newest wishes", 90)
        pipeline.wait(lambda: set(vendor.sent) <= {result["version"] for result in pipeline.results("aarhus")},
                      "an outcome for every update", 60)
        assert pipeline.dead_letters() == []
        if victim != "writer":
            assert not any(patch["overlapped"] for patch in handle.patches())
