"""The schemas as Python's jsonschema sees them, and where our programs are."""

import datetime
import functools
import json
import os
import pathlib

import jsonschema
import referencing

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "schemas"
CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"

formats = jsonschema.FormatChecker(formats=())


@formats.checks("date-time", raises=ValueError)
def is_date_time(value):
    return not isinstance(value, str) or datetime.datetime.fromisoformat(value.upper()) is not None


@formats.checks("date", raises=ValueError)
def is_date(value):
    return not isinstance(value, str) or datetime.date.fromisoformat(value) is not None


@functools.cache
def schema(name):
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))


@functools.cache
def registry():
    resources = [
        (path.name, referencing.Resource.from_contents(json.loads(path.read_text("utf-8"))))
        for path in SCHEMAS.glob("*.schema.json")
    ]
    return referencing.Registry().with_resources(resources)


@functools.cache
def validator(reference):
    """`reference` is a file's name in schemas/, with a fragment if need be."""
    return jsonschema.Draft202012Validator(
        {"$ref": reference}, registry=registry(), format_checker=formats
    )


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def parse(text):
    """JSON as RFC 8259 has it: Python's own reader also takes NaN and Infinity."""
    return json.loads(text, parse_constant=refuse_constant)


def verdict(message, data):
    """None if `data` (bytes) is a good message, else the reason."""
    try:
        value = parse(data.decode("utf-8"))
    except ValueError as error:
        return str(error)
    error = jsonschema.exceptions.best_match(
        validator(f"{message}.schema.json").iter_errors(value)
    )
    return error.message if error else None


def program(name):
    """A program of the build, which DPLSYNC_BUILD names."""
    build = os.environ.get("DPLSYNC_BUILD") or ROOT / "build" / "tests"
    return pathlib.Path(build) / "bin" / name
