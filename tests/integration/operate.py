"""`dplsync`, as an operator runs it beside a pipeline."""

import json
import subprocess

from parts import build_directory


def run(*arguments, input=None, **environment):
    """The command as it is; its result."""
    return subprocess.run([build_directory() / "bin" / "dplsync", *map(str, arguments)],
                          capture_output=True, text=True, timeout=60, input=input,
                          env={"PATH": "/usr/bin:/bin", **environment})


def operate(pipeline, *arguments, code=0, **options):
    """With the pipeline's configuration; what it printed."""
    result = run(*arguments, "--config", pipeline.config_path, **options)
    assert result.returncode == code, f"exit code {result.returncode}: {result.stderr}{result.stdout}"
    if code == 0:
        assert result.stderr == ""
    return result.stdout


def operate_json(pipeline, *arguments, code=0, **options):
    return json.loads(operate(pipeline, *arguments, "--json", code=code, **options))


def assert_one_sentence(result, code, *words):
    assert result.returncode == code, result.stderr
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("dplsync"), result.stderr
    for word in words:
        assert word in lines[0], lines[0]
