"""`dplsync topics create` and `check` on a real broker, and the wrong use of the command."""

import itertools
import json
import os
import subprocess

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from parts import build_directory, free_port

SUFFIXES = ["snapshots", "changes", "updates", "results", "dead-letters", "control"]
DAY_MS = 86_400_000
_serial = itertools.count(1)


class Command:
    """The program, one configuration and one prefix of its own."""

    def __init__(self, directory, bootstrap, partitions=4):
        self.prefix = f"topics-{os.getpid()}-{next(_serial)}."
        self.bootstrap = bootstrap
        self.partitions = partitions
        self.path = directory / "config.json"
        self.admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        self.configure()

    def configure(self, kafka=(), **changes):
        self.path.write_text(json.dumps({
            "kafka": {"bootstrap.servers": self.bootstrap, **dict(kafka)},
            "redis": {"url": "redis://127.0.0.1:1/0"},
            "topics": {"prefix": self.prefix, "partitions": self.partitions},
            "contact": "tests@vendor.example",
            "municipalities": [{"id": "aarhus", "base_url": "https://www.aakb.dk"}],
            **changes,
        }))

    def run(self, *arguments, **environment):
        return run(*arguments, "--config", self.path, **environment)

    def states(self, *arguments, code=0):
        """What --json says, by suffix."""
        result = self.run(*arguments, "--json")
        assert result.returncode == code, result.stderr
        rows = json.loads(result.stdout)["topics"]
        assert [row["topic"] for row in rows] == [self.prefix + s for s in SUFFIXES]
        return {suffix: row for suffix, row in zip(SUFFIXES, rows)}

    # the broker's own view
    def standing(self):
        topics = self.admin.list_topics(timeout=10).topics
        return {name.removeprefix(self.prefix): len(topic.partitions)
                for name, topic in topics.items() if name.startswith(self.prefix)}

    def settings(self, suffix):
        resource = ConfigResource(ResourceType.TOPIC, self.prefix + suffix)
        entries = self.admin.describe_configs([resource])[resource].result(timeout=10)
        return {name: entry.value for name, entry in entries.items()}

    def make(self, suffix, partitions=None, **config):
        topic = NewTopic(self.prefix + suffix, partitions or self.partitions, 1, config={
            name.replace("_", "."): str(value) for name, value in config.items()})
        for future in self.admin.create_topics([topic]).values():
            future.result(timeout=10)


def run(*arguments, **environment):
    return subprocess.run([build_directory() / "bin" / "dplsync", *map(str, arguments)],
                          capture_output=True, text=True, timeout=60,
                          env={"PATH": "/usr/bin:/bin", **environment})


def assert_one_sentence(result, code, *words):
    assert result.returncode == code, result.stderr
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("dplsync"), result.stderr
    for word in words:
        assert word in lines[0]


@pytest.fixture
def command(kafka, tmp_path):
    return Command(tmp_path, kafka.bootstrap)


# create and check

def test_creates_all_as_the_contract_says(command):
    created = command.states("topics", "create")
    assert {row["state"] for row in created.values()} == {"created"}
    assert command.standing() == dict.fromkeys(SUFFIXES, 4)
    assert command.settings("snapshots")["cleanup.policy"] == "delete"
    assert command.settings("snapshots")["message.timestamp.type"] == "LogAppendTime"
    assert command.settings("snapshots")["retention.ms"] == str(7 * DAY_MS)
    assert command.settings("changes")["cleanup.policy"] == "compact"
    assert command.settings("changes")["min.compaction.lag.ms"] == str(DAY_MS)
    assert command.settings("results")["cleanup.policy"] == "compact"
    assert command.settings("updates")["retention.ms"] == str(30 * DAY_MS)
    assert command.settings("dead-letters")["retention.ms"] == str(30 * DAY_MS)
    assert command.settings("control")["retention.ms"] == str(DAY_MS)

    checked = command.states("topics", "check")
    assert all(row == {"topic": row["topic"], "state": "right", "partitions": 4, "replication": 1,
                       "said": ""} for row in checked.values()), checked


def test_a_second_time_changes_nothing(command):
    command.make("updates", cleanup_policy="delete", retention_ms=DAY_MS)
    assert command.states("topics", "create")["updates"]["state"] == "right"
    again = command.states("topics", "create")
    assert {row["state"] for row in again.values()} == {"right"}
    assert command.settings("updates")["retention.ms"] == str(DAY_MS)


def test_a_dry_run_creates_nothing(command):
    rows = command.states("topics", "create", "--dry-run")
    assert {row["state"] for row in rows.values()} == {"would be created"}
    assert command.standing() == {}
    missing = command.states("topics", "check", code=1)
    assert {row["state"] for row in missing.values()} == {"missing"}
    assert_one_sentence(command.run("topics", "check"), 1, "6 of 6", "dplsync topics create")


def test_a_table_for_people(command):
    result = command.run("topics", "create")
    assert (result.returncode, result.stderr) == (0, "")
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0] == ["TOPIC", "STATE", "PARTITIONS", "REPLICATION"]
    assert lines[1] == [command.prefix + "snapshots", "created", "4", "1"]
    assert len(lines) == 7


@pytest.mark.parametrize("suffix, config, words", [
    ("changes", {"cleanup_policy": "delete"}, ["cleanup.policy", "compact"]),
    ("changes", {"cleanup_policy": "compact,delete"}, ["cleanup.policy", "compact,delete"]),
    ("updates", {"cleanup_policy": "compact"}, ["cleanup.policy", "delete"]),
    ("snapshots", {"message_timestamp_type": "CreateTime"}, ["message.timestamp.type"]),
    ("snapshots", {"max_message_bytes": 500000}, ["max.message.bytes", "500000"]),
    ("control", {"partitions": 3}, ["3 partitions", "topics.partitions is 4"]),
])
def test_what_is_wrong_is_named_and_left(command, suffix, config, words):
    command.make(suffix, **config)
    row = command.states("topics", "create", code=1)[suffix]
    assert row["state"] == "wrong"
    for word in words:
        assert word in row["said"]
    assert command.states("topics", "check", code=1)[suffix] == row


def test_advice_is_no_error(command):
    command.make("updates", cleanup_policy="delete", retention_ms=DAY_MS)
    command.make("dead-letters", cleanup_policy="delete", retention_ms=-1)
    rows = command.states("topics", "create")
    assert rows["updates"]["state"] == "right"
    assert "retention.ms is 86400000 (1d), advised is at least 2592000000 (30d)" in \
        rows["updates"]["said"]
    assert "retention" not in rows["dead-letters"]["said"]


def test_more_copies_than_brokers(command):
    rows = command.states("topics", "create", "--replication", "3", code=1)
    assert {row["state"] for row in rows.values()} == {"failed"}
    assert "eplication" in rows["updates"]["said"]
    assert command.standing() == {}


# configuration

def test_municipalities_file_and_environment(command, tmp_path):
    tmp_path.joinpath("sites.json").write_text(
        json.dumps([{"id": "viborg", "base_url": "https://viborgbib.dk"}]))
    config = json.loads(command.path.read_text())
    del config["municipalities"]
    command.path.write_text(json.dumps({**config, "municipalities_file": "sites.json"}))
    result = command.run("topics", "create", DPLSYNC_TOPICS_PARTITIONS="2")
    assert result.returncode == 0, result.stderr
    assert command.standing() == dict.fromkeys(SUFFIXES, 2)

    tmp_path.joinpath("sites.json").write_text("[{]")
    assert_one_sentence(command.run("topics", "check"), 2, "config.json", "municipalities_file",
                        "sites.json")


@pytest.mark.parametrize("properties, words", [
    ({"acks": "1"}, ["acks", "dplsync sets this itself"]),
    ({"enable.auto.commit": "true"}, ["enable.auto.commit", "dplsync sets this itself"]),
    ({"group.id": "mine"}, ["group.id", "dplsync sets this itself"]),
    ({"bootstrap.server": "a"}, ["bootstrap.server"]),
    ({"socket.timeout.ms": "soon"}, ["socket.timeout.ms"]),
    ({"message.timeout.ms": "20000"}, ["message.timeout.ms", "session.timeout.ms"]),
])
def test_properties_that_cannot_be(command, properties, words):
    command.configure(properties)
    assert_one_sentence(command.run("topics", "check"), 2, *words)


def test_no_broker_there(command):
    command.bootstrap = f"127.0.0.1:{free_port()}"
    command.configure()
    assert_one_sentence(command.run("topics", "check"), 1, command.bootstrap, "refused",
                        "bootstrap.servers")


# wrong use

@pytest.mark.parametrize("arguments, words", [
    ([], ["a command is missing", "--help"]),
    (["topics"], ["topics check", "topics create"]),
    (["topics", "chek"], ["did you mean topics check?"]),
    (["dance"], ["no such command", "--help"]),
    (["topics", "check", "now"], ["now"]),
    (["topics", "check", "--dry-run"], ["--dry-run"]),
    (["topics", "create", "--replication"], ["--replication N"]),
    (["topics", "create", "--replication=none"], ["whole number"]),
    (["topics", "check", "--jsn"], ["did you mean --json?"]),
    (["topics", "check", "--json=yes"], ["takes no value"]),
    (["topics", "check", "--config", "/nowhere.json"], ["/nowhere.json", "No such file"]),
])
def test_wrong_use_is_one_sentence(arguments, words):
    result = run(*arguments)
    assert_one_sentence(result, 2, *words)
    assert result.stdout == ""


def test_help_and_version():
    assert run("--version").stdout.startswith("dplsync ")
    for arguments in (["--help"], ["topics", "--help"], ["-h"]):
        text = run(*arguments).stdout
        assert "topics check" in text and "--config FILE" in text and "Exit codes" in text
    assert "--replication" not in run("topics", "check", "--help").stdout
    assert "--replication" in run("topics", "create", "--help").stdout
