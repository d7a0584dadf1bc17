"""The README's own words: its Python is run, its configuration is checked."""

import json
import re
import subprocess
import sys
from pathlib import Path

from parts import ROOT

TEXT = (ROOT / "README.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def run(pipeline, code, **replaced):
    """A piece of Python, against our Kafka and our topics."""
    words = {"kafka:9092": pipeline.kafka.bootstrap, "dplsync.": pipeline.topics.prefix, **replaced}
    for old, new in words.items():
        assert old in code
        code = code.replace(old, new)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True).stdout


def test_the_reader_and_the_writer_do_what_it_says(pipeline):
    reader, writer = blocks("python")
    handle = pipeline.add("aarhus", generate=3, future=True)
    pipeline.start()
    pipeline.wait(lambda: len(pipeline.changes("aarhus", "create")) == 3, "three creates")
    told = run(pipeline, reader)
    uuid = next(iter(handle.events()))
    assert f"create aarhus {uuid}" in told
    run(pipeline, writer, **{"0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b": uuid})
    pipeline.wait(lambda: handle.event(uuid).get("state") == "SoldOut" and
                  handle.event(uuid)["external_data"].get("url") == "https://tickets.example/e/77",
                  "the site to show state and link")


def test_its_configuration_is_accepted(tmp_path, pipeline):
    config = json.loads(blocks("json")[0])
    config["kafka"]["bootstrap.servers"] = pipeline.kafka.bootstrap
    config["redis"]["url"] = pipeline.config["redis"]["url"]
    config["topics"] = pipeline.config["topics"]
    config["credentials_dir"] = str(pipeline.credentials)
    for municipality in config["municipalities"]:
        pipeline.set_credentials(municipality["id"], "user", "password")
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    writer = pipeline.service("writer")
    done = subprocess.run([writer.program, "--check", "--config", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "wrong" not in done.stdout


def test_every_file_that_it_names_is_there():
    named = set(re.findall(r"`((?:deploy|schemas|services|common|tests)/[\w./]*)`", TEXT))
    assert len(named) >= 8
    for name in named:
        assert (Path(ROOT) / name).exists(), name


def test_the_top_level_has_nothing_else():
    """Dot files aside, and what a build leaves."""
    there = {path.name for path in Path(ROOT).iterdir() if not path.name.startswith(".")} - {"build"}
    assert there == {"CMakeLists.txt", "LICENSE", "README.md", "common", "deploy", "schemas", "services", "tests"}
