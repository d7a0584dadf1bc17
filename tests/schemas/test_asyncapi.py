"""asyncapi.yaml and the README say the same as the schemas and the code."""

import re

import pytest
import yaml

from support import ROOT, SCHEMAS, schema, validator, verdict
from test_corpus import references

DOCUMENT = yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_text("utf-8"))
README = (SCHEMAS / "README.md").read_text("utf-8")
PREFIX = "dplsync."


def follow(document, fragment):
    for step in filter(None, fragment.split("/")):
        document = document[step.replace("~1", "/").replace("~0", "~")]
    return document


def resolve(reference):
    file, _, fragment = reference.partition("#")
    return follow(schema(file.removesuffix(".schema.json")) if file else DOCUMENT, fragment)


def topics_of_the_code():
    text = (ROOT / "common/model/topics.c").read_text("utf-8")
    return set(re.findall(r'\[TOPIC_\w+\] = "([a-z-]+)"', text))


def topics_of_the_readme():
    return {
        topic: cleanup.split(",")[0]
        for topic, cleanup in re.findall(r"^\| `dplsync\.([a-z-]+)` .*\| ([^|]+) \|$", README, re.M)
    }


def test_is_version_3():
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"info", "channels", "operations", "components"} <= set(DOCUMENT)


def test_references_lead_somewhere():
    found = set(references(DOCUMENT))
    assert len(found) > 20
    for reference in found:
        assert resolve(reference) is not None, reference


def test_every_topic_is_there():
    expected = {"snapshots", "changes", "updates", "results", "dead-letters", "control"}
    described = {
        channel["address"].removeprefix(PREFIX): channel["bindings"]["kafka"]["topicConfiguration"]
        for channel in DOCUMENT["channels"].values()
    }
    assert set(described) == topics_of_the_code() == set(topics_of_the_readme()) == expected
    for topic, cleanup in topics_of_the_readme().items():
        assert described[topic]["cleanup.policy"] == [cleanup]


def test_operations_name_messages_of_their_channel():
    for name, operation in DOCUMENT["operations"].items():
        channel = operation["channel"]["$ref"]
        assert operation["action"] in ("send", "receive"), name
        assert resolve(channel)["messages"], name
        for message in operation.get("messages", ()):
            assert message["$ref"].startswith(f"{channel}/messages/"), name


def code(*folders):
    return "".join(path.read_text("utf-8") for folder in folders for path in sorted((ROOT / folder).rglob("*.[ch]")))


def test_what_the_operator_writes_is_there():
    written = re.findall(r"(?:outgoing_begin|write_null)\([^;]*?TOPIC_(\w+)", code("services/operator"))
    described = {
        resolve(operation["channel"]["$ref"])["address"].removeprefix(PREFIX)
        for name, operation in DOCUMENT["operations"].items()
        if name.startswith("operator") and operation["action"] == "send"
    }
    assert described == {topic.lower().replace("_", "-") for topic in written}


def test_every_type_and_cause_of_the_code_is_named():
    types = DOCUMENT["components"]["schemas"]["cloudEvent"]["properties"]["ce_type"]["enum"]
    assert set(types) == set(re.findall(r"dk\.dplsync\.[a-z-]+", code("services")))
    causes = re.findall(r'(?:define ORIGIN_\w+|cause\),)\s+"(\w+)"', code("common", "services"))
    assert set(schema("origin")["properties"]["cause"]["examples"]) == set(causes)


def test_a_vendor_reads_two_topics_and_writes_one():
    vendor = {
        (operation["action"], operation["channel"]["$ref"].removeprefix("#/channels/"))
        for operation in DOCUMENT["operations"].values()
        if {"name": "vendor"} in operation["tags"]
    }
    assert vendor == {("receive", "changes"), ("send", "updates"), ("receive", "results")}


def test_every_schema_is_used():
    used = set(references(DOCUMENT)) | {"origin.schema.json"}
    for path in SCHEMAS.glob("*.schema.json"):
        used |= set(references(schema(path.name.removesuffix(".schema.json"))))
    files = {reference.partition("#")[0] for reference in used}
    assert {path.name for path in SCHEMAS.glob("*.schema.json")} <= files | {"config.schema.json"}


def test_examples_are_good():
    seen = 0
    for name, message in DOCUMENT["components"]["messages"].items():
        for example in message.get("examples", ()):
            validator(message["payload"]["schema"]["$ref"]).validate(example["payload"])
            seen += 1
    assert seen >= 4


README_EXAMPLES = re.findall(r"^```json ([a-z-]+)\n(.*?)^```$", README, re.M | re.S)


@pytest.mark.parametrize(("message", "text"), README_EXAMPLES)
def test_readme_examples_are_good(message, text):
    assert verdict(message, text.encode()) is None


def test_readme_has_an_example_of_each():
    assert {message for message, _ in README_EXAMPLES} >= {
        "change", "update", "result", "control", "origin", "dead-letter", "snapshot-headers",
    }
    assert len(README_EXAMPLES) == README.count("```json")


def test_readme_names_every_reason_and_outcome():
    change = schema("change")["$defs"]["delete"]["properties"]["reason"]["enum"]
    outcomes = schema("result")["properties"]["outcome"]["enum"]
    codes = schema("dead-letter")["properties"]["dplsync-reason"]["examples"]
    for word in change + outcomes + codes:
        assert f"`{word}`" in README, word


def test_the_version_rule():
    """The README's ten lines, run: repeats and late records change nothing."""
    scope = {}
    exec(re.search(r"^```python\n(.*?)^```$", README, re.M | re.S)[1], scope)

    def change(op, version):
        return {"op": op, "municipality": "aarhus", "uuid": "u", "version": version, "event": version}

    in_order = [change("create", 1), change("update", 3), change("delete", 5), change("create", 8)]
    for order in (in_order, in_order + in_order, in_order[::-1], [in_order[3], *in_order]):
        events, versions = {}, {}
        for record in [*order, {"op": "snapshot", "municipality": "aarhus", "version": 9}]:
            scope["apply"](record, events, versions)
        assert events == {("aarhus", "u"): 8}
        scope["apply"](change("delete", 5), events, versions)
        assert events
        scope["apply"](change("delete", 9), events, versions)
        scope["apply"](change("update", 8), events, versions)
        assert not events
