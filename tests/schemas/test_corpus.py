"""One corpus of good and bad messages, judged by the schemas and by our C parsers: both must agree
with the folder on every one. In `parser-only` are the few that no schema can see."""

import json
import subprocess

import jsonschema
import pytest

from support import CORPUS, ROOT, SCHEMAS, program, registry, schema, validator, verdict

FILES = sorted(CORPUS.glob("*/*/*.json"))
MESSAGES = sorted(path.name for path in CORPUS.iterdir())


def name_of(path):
    return str(path.relative_to(CORPUS).with_suffix(""))


def run(*arguments, stdin=""):
    checker = program("dplsync-corpus")
    if not checker.exists():
        pytest.fail(f"{checker} is not built: tests/run schemas builds it")
    done = subprocess.run(
        [checker, *arguments], input=stdin, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def parsers():
    """What the C parsers say of each file: None if it is good, else the reason."""
    lines = run(stdin="".join(f"{path}\n" for path in FILES)).rstrip("\n").split("\n")
    rows = [line.split("\t", 2) for line in lines]
    return {path: None if word == "good" else reason for path, word, reason in rows}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_both_agree_with_the_folder(path, parsers):
    message, folder = path.parts[-3], path.parts[-2]
    by_schema, by_parser = verdict(message, path.read_bytes()), parsers[str(path)]
    if folder == "good":
        assert by_schema is None and by_parser is None
    elif folder == "bad":
        assert by_schema is not None and by_parser is not None
        assert by_parser, "a reason must be given"
    else:
        assert folder == "parser-only"
        assert by_schema is None and by_parser


@pytest.mark.parametrize("message", MESSAGES)
def test_there_is_good_and_bad(message):
    assert list((CORPUS / message / "good").iterdir())
    assert len(list((CORPUS / message / "bad").iterdir())) >= 10


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.schema.json")), ids=lambda path: path.name)
def test_schemas_are_schemas(path):
    content = json.loads(path.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(content)
    assert content["$schema"].endswith("2020-12/schema")
    assert content["title"]


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    for child in node if isinstance(node, list) else ():
        yield from references(child)


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.schema.json")), ids=lambda path: path.name)
def test_references_lead_somewhere(path):
    resolver = registry().resolver(path.name)
    for reference in references(json.loads(path.read_text("utf-8"))):
        resolver.lookup(reference)


def test_what_we_write_is_good():
    seen = set()
    for line in run("--written").splitlines():
        message, value = line.split("\t")
        assert verdict(message, value.encode()) is None, line
        seen.add(message)
    assert seen == set(MESSAGES) - {"event", "snapshot"} | {"dead-letter"}


def test_the_cms_writes_events_as_described():
    """The sample list that the simulated site is seeded with."""
    samples = sorted((ROOT / "tests/support/samples").glob("events-*.json"))
    if not samples:
        pytest.skip("no samples in tests/support/samples")
    for event in json.loads(samples[0].read_text("utf-8")):
        validator("event.schema.json#/$defs/as_written").validate(event)


@pytest.mark.parametrize("name", ["types", "update", "control"])
def test_examples_are_good(name):
    """Examples in the schemas are messages, too."""

    def examples(node, where):
        if isinstance(node, dict):
            for example in node.get("examples", ()):
                yield where, example
            for key, child in node.items():
                yield from examples(child, f"{where}/{key}")

    found = list(examples(schema(name), f"{name}.schema.json#"))
    assert found
    for where, example in found:
        validator(where.removesuffix("#")).validate(example)
