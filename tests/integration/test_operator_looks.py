"""What the operator's command shows without changing anything: validate, tail, status."""

import json
import subprocess
import time

import pytest
import redis as redis_client

from fetching import reads
from operate import assert_one_sentence, operate, operate_json, run
from parts import build_directory

GOOD = {"municipality": "aarhus", "uuid": "0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b", "state": "SoldOut"}


def write(path, *documents, indent=None):
    path.write_text("".join(json.dumps(document, indent=indent) + "\n" for document in documents))
    return path


class TestValidateFile:
    def test_good_messages_are_counted(self, tmp_path):
        result = run("validate", write(tmp_path / "good.jsonl", GOOD, GOOD))
        assert (result.returncode, result.stdout, result.stderr) == (0, "2 messages, all right\n", "")

    def test_a_wrong_one_is_named_with_its_line(self, tmp_path):
        path = write(tmp_path / "bad.jsonl", GOOD, {**GOOD, "state": "Soldout"}, GOOD, {**GOOD, "uuid": "77"})
        result = run("validate", path)
        lines = result.stdout.splitlines()
        assert lines[0].startswith(f"{path}:2: state") and lines[1].startswith(f"{path}:4: uuid")
        assert_one_sentence(result, 1, "2 of 4 messages are wrong")

    @pytest.mark.parametrize("text, line", [
        (json.dumps([GOOD, {**GOOD, "state": "x"}], indent=1), 7),
        (json.dumps(GOOD, indent=1) + "\n" + json.dumps({**GOOD, "state": "x"}, indent=1), 6),
        (json.dumps(GOOD) + "\nno json at all\n", 2),
    ], ids=["an array", "over several lines", "not JSON"])
    def test_documents_may_stand_in_every_way(self, tmp_path, text, line):
        path = tmp_path / "file.json"
        path.write_text(text)
        result = run("validate", path, "--json")
        assert result.returncode == 1
        said = json.loads(result.stdout)
        assert said["messages"] == 2 and [wrong["place"] for wrong in said["wrong"]] == [str(line)]

    def test_standard_input_and_other_messages(self):
        change = {"op": "delete", "municipality": "aarhus", "uuid": GOOD["uuid"], "version": 1099511631901,
                  "as_of": "2026-03-01T09:00:02.117Z", "reason": "absent"}
        assert run("validate", "-", "--message", "change", input=json.dumps(change)).returncode == 0
        assert_one_sentence(run("validate", "-", input=json.dumps(change)), 1, "1 of 1 messages is wrong")

    @pytest.mark.parametrize("arguments, words", [
        (["/nowhere.json"], ["/nowhere.json", "No such file"]),
        (["-", "--message", "wish"], ["wish", "update, change, result"]),
        (["updates", "--message", "update"], ["--message is for files"]),
    ])
    def test_wrong_use(self, arguments, words):
        assert_one_sentence(run("validate", *arguments, input=""), 2, *words)

    def test_an_empty_file_proves_nothing(self, tmp_path):
        path = tmp_path / "empty"
        path.write_text("")
        assert_one_sentence(run("validate", path), 1, "no message")


@pytest.fixture
def busy(pipeline):
    """A site whose events were told, and one update, done. Read rarely, so that it is not stale for a busy machine."""
    handle = pipeline.add("aarhus", {"poll_interval": "1m"}, generate=4, future=True)
    pipeline.start()
    pipeline.wait(lambda: len(pipeline.changes("aarhus", "create")) == 4, "four creates")
    uuid = sorted(handle.events())[0]
    pipeline.send("aarhus", uuid=uuid, state="SoldOut")
    pipeline.wait(lambda: pipeline.results("aarhus", uuid), "the result")
    return uuid


class TestTopics:
    def test_every_topic_of_a_running_system_is_valid(self, pipeline, busy):
        operate(pipeline, "refresh", "aarhus", "--full")
        pipeline.wait(lambda: pipeline.topics.read("control"), "the command")
        for topic in ("snapshots", "changes", "updates", "results", "control"):
            assert operate_json(pipeline, "validate", topic)["wrong"] == []

    def test_a_wrong_record_is_named_by_its_place(self, pipeline, busy):
        place = "/".join(map(str, pipeline.topics.send("updates", "aarhus", {**GOOD, "state": "x"})))
        said = operate_json(pipeline, "validate", "updates", code=1)
        assert said["messages"] == 2 and said["wrong"][0]["place"] == place

    def test_tail_shows_a_span_in_lines(self, pipeline, busy):
        text = operate(pipeline, "tail", "changes", "--from", "1h", "--limit", "5")
        lines = text.splitlines()
        assert len(lines) == 5 and sum("  create " in line for line in lines) == 4
        assert all("  aarhus  " in line for line in lines)
        text = operate(pipeline, "tail", "results", "--uuid", busy, "--from", "1h", "--limit", "1")
        assert busy in text and "applied SoldOut, the site answered 200" in text

    def test_tail_follows_until_it_has_enough(self, pipeline, busy):
        tail = subprocess.Popen([build_directory() / "bin" / "dplsync", "tail", "updates", "--config",
                                 pipeline.config_path, "--json", "--limit", "1", "--from", "2030-01-01"],
                                stdout=subprocess.PIPE, text=True)
        try:
            pipeline.wait(lambda: pipeline.send("aarhus", uuid=busy, state="Active") and tail.poll() is not None,
                          "tail to end by itself")
            record = json.loads(tail.stdout.read())
            assert json.loads(record["value"])["state"] == "Active"
            assert record["topic"] == pipeline.topics.name("updates") and record["key"] == "aarhus"
        finally:
            tail.kill()
            tail.wait()

    def test_tail_with_an_end_ends(self, pipeline, busy):
        assert operate(pipeline, "tail", "updates", "--to", "2030-01-01").count("\n") == 1
        assert operate(pipeline, "tail", "updates", "--to", "1h") == ""
        assert operate(pipeline, "tail", "updates", "--to", "2030-01-01", "--municipality", "viborg") == ""


class TestStatus:
    def test_what_is_fine_is_counted(self, pipeline, busy):
        pipeline.wait(lambda: operate_json(pipeline, "status")["fresh"] == 1, "the status to be written")
        text = operate(pipeline, "status")
        assert text.startswith("1 municipality: 1 fresh, 0 stale") and "1 is as it should be" in text
        assert "aarhus" in operate(pipeline, "status", "--all")
        assert operate(pipeline, "status", "aarhus").startswith("aarhus: as it should be\n")

    def test_what_is_wrong_says_what_to_do(self, pipeline, busy):
        pipeline.site.control.site("aarhus").change(password="another")
        pipeline.send("aarhus", uuid=busy, state="Active")
        row = pipeline.wait(lambda: (row := operate_json(pipeline, "status", "aarhus"))["credentials_rejected"] and row,
                            "the rejected log-in")
        assert row["wrong"] == ["credentials"] and row["waiting"] == 1
        assert "aarhus.username" in operate(pipeline, "status", "aarhus")
        table = operate(pipeline, "status").splitlines()
        assert table[2].startswith("MUNICIPALITY") and table[3].split()[:2] == ["aarhus", "credentials"]

    def test_dead_letters_are_counted_for_one(self, pipeline, busy):
        pipeline.send("aarhus", uuid=busy, state="Soldout")
        pipeline.wait(pipeline.dead_letters, "the dead letter")
        row = operate_json(pipeline, "status", "aarhus")
        assert (row["dead_letters"], row["wrong"]) == (1, ["dead letters"])

    def test_an_unknown_municipality_and_a_dead_redis_are_sentences(self, pipeline, busy):
        result = run("status", "aarhuss", "--config", pipeline.config_path)
        assert_one_sentence(result, 2, "did you mean aarhus?")
        pipeline.config["redis"]["url"] = "redis://127.0.0.1:1/0"
        pipeline.stop()
        pipeline.write_config()
        result = run("status", "--config", pipeline.config_path)
        assert_one_sentence(result, 1, "Redis cannot be reached")

    def test_a_thousand_municipalities_take_less_than_a_second(self, pipeline):
        names = [f"site-{number:04}" for number in range(1000)]
        for name in names:
            pipeline.municipalities[name] = {"id": name, "base_url": f"https://{name}.example", "poll_interval": "1h"}
        pipeline.write_config()
        now = int(time.time() * 1000)
        fields = {"fetcher_last_success": now, "fetcher_last_attempt": now, "fetcher_outcome": "unchanged",
                  "fetcher_events": 412, "reconciler_known": 412, "reconciler_held": 0, "writer_waiting": 0,
                  "writer_breaker": "closed", "writer_last_outcome": "applied", "fetcher_error": "x" * 200}
        with redis_client.Redis(port=pipeline.redis.port, db=pipeline.database) as link:
            batch = link.pipeline(transaction=False)
            for name in names:
                batch.hset(f"{{{name}}}:status", mapping=fields)
            batch.execute()
        assert operate_json(pipeline, "status")["fresh"] == 1000
        times = []
        for _ in range(5):
            before = time.monotonic()
            operate(pipeline, "status", "--all")
            times.append(time.monotonic() - before)
        assert min(times) < 1.0, f"{times} s"


class TestTrail:
    def test_tells_the_history_of_an_event_in_order_of_time(self, pipeline, busy):
        said = operate_json(pipeline, "tail", "--event", busy)
        assert (said["municipality"], said["uuid"]) == ("aarhus", busy)
        kinds = [entry["kind"] for entry in said["entries"]]
        assert kinds[:2] == ["shown", "told"] and kinds.index("wished") < kinds.index("ended")
        times = [entry["time"] for entry in said["entries"]]
        assert times == sorted(times)
        text = operate(pipeline, "tail", "--event", busy.upper(), "--municipality", "aarhus")
        assert "vendor wishes  " in text and "SoldOut" in text

    def test_has_the_wishes_of_a_vendor_with_another_partitioner(self, pipeline, another_partitioner, busy):
        said = operate_json(pipeline, "tail", "--event", busy)
        assert [entry["text"] for entry in said["entries"] if entry["kind"] == "wished"] == ["SoldOut"]

    def test_an_event_that_nobody_knows_is_a_sentence(self, pipeline, busy):
        result = run("tail", "--event", GOOD["uuid"], "--config", pipeline.config_path)
        assert_one_sentence(result, 1, "never told", "--municipality")


class TestPlan:
    def test_a_site_in_step_has_nothing_to_tell(self, pipeline, busy):
        said = operate_json(pipeline, "plan", "aarhus")
        assert (said["events"], said["changes"], said["held"]) == (4, [], 0)
        assert operate(pipeline, "plan", "aarhus").startswith("aarhus: 4 events in the list; 0 to create")

    def test_names_what_would_be_told_and_tells_nothing(self, pipeline, busy):
        assert set(pipeline.stop("fetcher").values()) == {0}
        handle = pipeline.site.control.site("aarhus")
        edited, gone = sorted(handle.events())[1:3]
        handle.edit_event(edited, title="Ny titel")
        handle.unpublish(gone)
        new = handle.add_event(title="Helt ny")["uuid"]
        ends = {topic: len(pipeline.topics.read(topic)) for topic in ("snapshots", "changes", "control")}
        said = {change["uuid"]: change for change in operate_json(pipeline, "plan", "aarhus")["changes"]}
        assert (said[edited]["op"], said[edited]["changed"]) == ("update", ["title"])
        assert (said[gone]["op"], said[gone]["reason"]) == ("delete", "absent")
        assert (said[new]["op"], said[new]["title"]) == ("create", "Helt ny")
        assert len(said) == 3
        assert {topic: len(pipeline.topics.read(topic)) for topic in ends} == ends

    def test_a_hold_is_foreseen(self, pipeline):
        handle = pipeline.add("aarhus", generate=10, future=True)
        pipeline.start()
        pipeline.wait(lambda: len(pipeline.changes("aarhus", "create")) == 10, "ten creates")
        assert set(pipeline.stop("fetcher").values()) == {0}
        handle.unpublish_together(sorted(handle.events())[:7])
        said = operate_json(pipeline, "plan", "aarhus")
        assert (said["held"], said["deleted"]) == (7, 0)

    def test_a_setting_can_be_tried_first(self, pipeline, busy):
        handle = pipeline.site.control.site("aarhus")
        uuid = sorted(handle.events())[1]
        assert set(pipeline.stop().values()) == {0}
        handle.edit_event(uuid, ticket_manager_relevance=False)
        pipeline.municipalities["aarhus"]["relevant_only"] = True
        pipeline.write_config()
        said = operate_json(pipeline, "plan", "aarhus")["changes"]
        irrelevant = {each for each, event in handle.events().items() if not event["ticket_manager_relevance"]}
        assert uuid in irrelevant, "with all others of its series"
        assert {(change["uuid"], change["op"], change["reason"]) for change in said} == \
            {(each, "delete", "irrelevant") for each in irrelevant}

    def test_a_new_site_before_anything_is_told(self, pipeline):
        handle = pipeline.add("aarhus", generate=3, future=True)
        pipeline.write_config()
        said = operate_json(pipeline, "plan", "aarhus")
        assert {change["uuid"] for change in said["changes"]} == set(handle.events())
        assert "nothing is known of it yet" in operate(pipeline, "plan", "aarhus")

    def test_a_rejected_log_in_is_not_sent_again(self, pipeline):
        handle = pipeline.add("aarhus", generate=3, future=True)
        pipeline.write_config()
        operate(pipeline, "plan", "aarhus")
        with redis_client.Redis(port=pipeline.redis.port, db=pipeline.database) as link:
            link.hset("{aarhus}:status", "writer_credentials_rejected", 1)
        result = run("plan", "aarhus", "--json", "--config", pipeline.config_path)
        assert_one_sentence(result, 0, "aarhus", "log-in", "rejected", "without")
        assert len(json.loads(result.stdout)["changes"]) == 3
        assert [entry["user"] or None for entry in reads(handle)] == ["external-system", None]

    def test_a_site_that_fails_is_a_sentence(self, pipeline, busy):
        pipeline.site.control.site("aarhus").maintenance(method="GET")
        result = run("plan", "aarhus", "--config", pipeline.config_path)
        assert_one_sentence(result, 1, "aarhus", "503")
