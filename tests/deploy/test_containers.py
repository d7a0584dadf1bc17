"""The Dockerfiles and the compose file, as far as that can be seen without a container; tests/image/run
builds and runs the image."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import compose
import pytest
import yaml
from support import DEPLOY, ROOT, SERVICES, build_directory, program

COMPOSE_FILE = DEPLOY / "compose" / "compose.yaml"
DOCKERFILES = sorted([*DEPLOY.rglob("Dockerfile"), *DEPLOY.rglob("*.Dockerfile")])


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_the_linter_has_nothing_to_say_of_the_dockerfile(path):
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([linter, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def sent_to_the_builder(path):
    """.dockerignore lets nothing through but what it names."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return any((ROOT / path).is_relative_to(ROOT / line[1:]) for line in lines if line.startswith("!"))


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_what_a_dockerfile_copies_is_sent_to_the_builder(path):
    for words in re.findall(r"^COPY (?!--)(.+)$", path.read_text(), re.MULTILINE):
        for source in words.split()[:-1]:
            assert source == "." or (ROOT / source).exists() and sent_to_the_builder(source), source


def test_what_the_programs_are_built_of_is_sent_to_the_builder():
    """All directories of CMake's, but those of the tests, which are left out without cmocka."""
    for directory in (".", "tests"):
        text = (ROOT / directory / "CMakeLists.txt").read_text().split("return()")[0]
        for name in re.findall(r"^add_subdirectory\((\S+)\)", text, re.MULTILINE):
            assert sent_to_the_builder(f"{directory}/{name}/CMakeLists.txt") or name == "tests", name
    assert sent_to_the_builder("tests/CMakeLists.txt")


def whole():
    """The project as compose itself reads it, after its own checks."""
    program = Path(compose.__file__).with_name("docker-compose")
    done = subprocess.run([program, "--file", COMPOSE_FILE, "config", "--format", "json"],
                          capture_output=True, text=True, env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_compose_takes_the_file():
    project = whole()
    assert set(project["services"]) == {"kafka", "redis", "sites", "sites-created", "topics", *SERVICES, "console",
                                        "vendor"}


def test_compose_would_refuse_what_is_misspelt(tmp_path):
    """So that the test above means something."""
    text = COMPOSE_FILE.read_text().replace("healthcheck:", "heathcheck:", 1)
    (tmp_path / "compose.yaml").write_text(text)
    program = Path(compose.__file__).with_name("docker-compose")
    done = subprocess.run([program, "--file", tmp_path / "compose.yaml", "config", "--quiet"], capture_output=True,
                          text=True)
    assert done.returncode != 0 and "heathcheck" in done.stderr


def test_everything_that_lasts_has_a_health_check_and_everything_of_ours_is_restricted():
    for name, service in whole()["services"].items():
        if service.get("restart") == "unless-stopped" and name != "vendor":
            assert service["healthcheck"]["test"], name
        if "build" in service:
            assert service["read_only"] and service["cap_drop"] == ["ALL"], name


def test_targets_are_stages_of_the_dockerfile():
    stages = re.findall(r"^FROM \S+ AS (\w+)$", (DEPLOY / "image" / "Dockerfile").read_text(), re.MULTILINE)
    for name, service in whole()["services"].items():
        target = service.get("build", {}).get("target")
        assert target is None or target in stages, name


def test_ports_are_open_to_this_machine_only():
    for name, service in whole()["services"].items():
        for port in service.get("ports", []):
            assert port["host_ip"] == "127.0.0.1", name


@pytest.mark.parametrize("service", SERVICES)
def test_each_program_takes_the_configuration_of_the_example(service):
    command = [build_directory() / "bin" / f"dplsync-{service}", "--check", "--config",
               DEPLOY / "compose" / "config" / "config.json"]
    environment = {"DPLSYNC_CREDENTIALS_DIR": str(DEPLOY / "compose" / "config" / "credentials")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        said = [process.stdout.readline(), process.stdout.readline()]
        process.kill()
    assert said[0].startswith("ok    config") and "3 municipalities" in said[0]
    assert said[1].startswith("ok    credentials  3 found for 3 municipalities")


def test_the_simulated_sites_know_the_log_ins_of_the_example():
    spec = importlib.util.spec_from_file_location("sites", DEPLOY / "compose" / "sites.py")
    sites = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sites)
    config = json.loads((DEPLOY / "compose" / "config" / "config.json").read_text())
    assert {one["id"] for one in config["municipalities"]} == set(sites.SITES)
    for name in sites.SITES:
        for half, text in sites.LOG_IN.items():
            path = DEPLOY / "compose" / "config" / "credentials" / f"{name}.{half}"
            assert path.read_text().strip() == text


def test_the_programs_of_compose_are_there():
    """Their names and subcommands, and the settings that come by the environment."""
    known = "".join(program(f"dplsync-{service}", "--help") for service in SERVICES)
    for name, service in whole()["services"].items():
        command = service.get("command") or []
        if command[:1] == ["dplsync"]:
            words = [word for word in command[1:] if not word.startswith("-")]
            assert f"dplsync {' '.join(words)}" in program("dplsync", *words, "--help"), name
        for variable in service.get("environment", {}):
            assert not variable.startswith("DPLSYNC_") or variable in known, variable


def test_the_kafka_of_compose_is_the_one_that_is_tested_with():
    version = re.search(r'KAFKA_VERSION = "(.+)"', (ROOT / "tests" / "support" / "parts.py").read_text()).group(1)
    assert whole()["services"]["kafka"]["image"] == f"apache/kafka:{version}"


def test_the_versions_of_the_vendors_libraries_are_those_that_are_tested_with():
    listed = (ROOT / "tests" / "support" / "requirements.txt").read_text()
    for pinned in re.findall(r"\S+==\S+", (DEPLOY / "compose" / "vendor.Dockerfile").read_text()):
        assert pinned in listed


def test_the_chart_and_the_project_have_one_version():
    version = re.search(r"VERSION (\d+\.\d+\.\d+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    chart = yaml.safe_load((DEPLOY / "helm" / "dplsync" / "Chart.yaml").read_text())
    assert chart["appVersion"] == version
    for default in re.findall(r"^ARG VERSION=(.*)$", (DEPLOY / "image" / "Dockerfile").read_text(), re.MULTILINE):
        assert default == version
