"""Where the files are that are deployed, and what several tests of them need."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import helm_python
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "helm" / "dplsync"
ALERTS = CHART / "files" / "alerts.yaml"
DASHBOARD = CHART / "files" / "dashboard.json"
SERVICES = ("fetcher", "reconciler", "writer")


def build_directory():
    """Where the programs were built; tests/run says it through the environment."""
    return Path(os.environ.get("DPLSYNC_BUILD") or ROOT / "build" / "tests")


def program(name, *arguments):
    """What a program prints."""
    done = subprocess.run([build_directory() / "bin" / name, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


@cache
def our_metrics():
    """Names of all series that the programs have, from their own tables: {name: type}."""
    rows = "\n".join(program(f"dplsync-{service}", "--help=metrics") for service in SERVICES)
    found = dict(re.findall(r"^\| `?(dplsync_\w+)`? \| (\w+) \|", rows, re.MULTILINE))
    assert found, "--help=metrics has another form than this test expects"
    return found


def names_of_series(metrics):
    """What stands in an expression: a histogram has three names."""
    for name, kind in metrics.items():
        yield from ((f"{name}_bucket", f"{name}_sum", f"{name}_count") if kind == "histogram" else (name,))


def unit_test(name, *arguments):
    """What a unit test's program prints when it is asked for a table."""
    done = subprocess.run([build_directory() / "unit" / name, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


# The chart.

CI_FILES = sorted((CHART / "ci").glob("*-values.yaml"))


class Refused(Exception):
    """What Helm says of values that it does not take."""


@cache
def _chart(schema=True):
    if schema:
        return helm_python.Chart.load(CHART)
    with tempfile.TemporaryDirectory() as directory:
        copy = shutil.copytree(CHART, Path(directory) / "dplsync")
        (copy / "values.schema.json").unlink()
        return helm_python.Chart.load(copy)


def values_of(path):
    return yaml.safe_load(path.read_text())


def render(values, schema=True):
    """Every object that `helm install dplsync` would make, of hooks and tests too. Not to be changed:
    whoever asks again gets the same ones."""
    return _objects(json.dumps(values), schema)


@cache
def _objects(values, schema):
    return [thing for name, text in manifests(json.loads(values), schema).items() if not name.endswith("NOTES.txt")
            for thing in yaml.load_all(text, yaml.CSafeLoader) if thing]


def manifests(values, schema=True):
    """What each template becomes, as text."""
    try:
        return _chart(schema).render(values, name="dplsync", namespace="libraries")
    except helm_python.HelmError as error:
        raise Refused(str(error)) from None


INFORMATION = 1


def lint(values):
    """What the linter says that is more than information."""
    done = helm_python.lint(CHART, values=values, strict=True)
    return [*done["errors"], *(said for said in done["messages"] if said["severity"] > INFORMATION)]


def by_kind(objects, kind):
    return [thing for thing in objects if thing["kind"] == kind]


def named(objects, kind, name):
    return next(thing for thing in by_kind(objects, kind) if thing["metadata"]["name"] == name)


def pod_specs(objects):
    for thing in objects:
        if thing["kind"] in ("Deployment", "Job"):
            yield thing["metadata"]["name"], thing["spec"]["template"]["spec"]


# The configuration, as a pod has it.

SECRETS = {"DPLSYNC_REDIS_URL": "rediss://dplsync:secret@redis:6379/0"}


def files_of(objects, values):
    """{name: text} of the directory /etc/dplsync."""
    maps = {thing["metadata"]["name"]: thing.get("data") for thing in by_kind(objects, "ConfigMap")}
    deployment = by_kind(objects, "Deployment")[0]
    volume = next(one for one in deployment["spec"]["template"]["spec"]["volumes"] if one["name"] == "settings")
    files = {}
    for source in volume["projected"]["sources"]:
        name = source["configMap"]["name"]
        files.update(maps.get(name) or {"municipalities.json": "[]"} if name == values.get("municipalitiesConfigMap")
                     else maps[name])
    return files


def config_of(objects, values):
    """The configurations that are rendered, with what the environment brings."""
    texts = [files_of(objects, values)["config.json"],
             *(thing["data"]["config.json"] for thing in by_kind(objects, "ConfigMap")
               if thing["metadata"]["name"].endswith("-topics"))]
    for text in texts:
        config = json.loads(text)
        config["redis"].setdefault("url", SECRETS["DPLSYNC_REDIS_URL"])
        yield config


def asked_of_the_program(service, objects, values, directory):
    """The first line that `--check` says, in a pod's surroundings. It is not waited for Kafka."""
    for name, text in files_of(objects, values).items():
        (directory / name).write_text(text)
    environment = {"PATH": os.environ["PATH"], "DPLSYNC_CREDENTIALS_DIR": str(directory)}
    if values["redis"].get("existingSecret"):
        environment |= SECRETS
    command = [build_directory() / "bin" / f"dplsync-{service}", "--check", "--config", directory / "config.json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as process:
        said = process.stdout.readline()
        process.kill()
    return said
