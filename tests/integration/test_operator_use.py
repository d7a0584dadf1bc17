"""Wrong use of every command of `dplsync` is one line that says what was wrong and what would be
right, and nothing is written; --help, completion and the manual page know all commands."""

import json
import re
import subprocess

import pytest

from operate import assert_one_sentence, run
from parts import ROOT, build_directory

UUID = "0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b"

WRONG = [
    # every command: too much, an option that it does not have, a value that is none
    ("topics create everything", ["topics create", "nothing more", "everything"]),
    ("topics create --replication 0", ["--replication", "whole number from 1 to 99"]),
    ("topics check --dry-run", ["topics check", "has no --dry-run"]),
    ("status aarhus viborg", ["nothing more", "viborg"]),
    ("status Aarhus", ["no such municipality"]),
    ("status --fresh", ["has no --fresh"]),
    ("console now", ["nothing more", "now"]),
    ("console --json", ["console", "has no --json"]),
    ("refresh", ["which?", "--all"]),
    ("refresh aarhus --all", ["either", "not both"]),
    ("refresh aarhuss", ["aarhuss", "did you mean aarhus?"]),
    ("refresh aarhus --hold x", ["--hold", "no such option"]),
    ("reassert", ["which?", "--all"]),
    ("reassert aarhus --full", ["has no --full"]),
    ("replay", ["a second word is missing", "replay updates", "replay results"]),
    ("replay updates", ["since when?", "--from"]),
    ("replay updates --from yesterday", ["--from", "yesterday", "2026-03-01T09:00:00Z"]),
    ("replay updates --from 1h --all", ["either --from or --all"]),
    ("replay updates --from 1h --to 2h", ["--to is not behind --from"]),
    ("replay updates --from 1h --undo", ["--undo needs the whole span"]),
    ("replay updates --from 1h --rate 0", ["--rate", "whole number"]),
    ("replay results", ["since when?", "--from"]),
    ("replay results --from 1h --undo", ["has no --undo"]),
    ("replay results --from 1h --uuid 77", ["--uuid", "no uuid", "0f1c4a52"]),
    ("replay results --from 1h --municipality Aarhus", ["--municipality", "no municipality's id"]),
    ("replay result --from 1h", ["did you mean replay results?"]),
    ("plan", ["something is missing", "dplsync plan MUNICIPALITY"]),
    ("plan nowhere", ["no such municipality"]),
    ("plan aarhus --dry-run", ["has no --dry-run"]),
    ("retire", ["something is missing", "dplsync retire MUNICIPALITY"]),
    ("retire aarhus", ["still stands in", "take it out first"]),
    ("retire Aarhus", ["no municipality's id"]),
    ("validate", ["something is missing", "FILE|TOPIC"]),
    ("validate /nowhere", ["/nowhere", "No such file"]),
    ("validate - --message wish", ["--message", "update, change"]),
    ("validate updates --message update", ["--message is for files"]),
    ("tail", ["which topic?", "--event UUID"]),
    ("tail update", ["no topic", "updates"]),
    ("tail updates --event " + UUID, ["either a topic or --event"]),
    ("tail --event 77", ["--event", "no uuid"]),
    ("tail --event " + UUID + " --limit 3", ["--event takes no more"]),
    ("tail updates --limit none", ["--limit", "whole number"]),
    ("completion", ["something is missing", "bash|zsh"]),
    ("completion fish", ["fish", "bash and zsh"]),
    ("completion bash --json", ["completion", "has no --json"]),
    ("man dplsync", ["nothing more", "dplsync"]),
    ("man --json", ["man", "has no --json"]),
    ("holds", ["a second word is missing", "holds list"]),
    ("holds list aarhus", ["nothing more", "aarhus"]),
    ("holds show", ["something is missing", "holds show MUNICIPALITY"]),
    ("holds show nowhere", ["no such municipality"]),
    ("holds approve aarhus", ["something is missing", "MUNICIPALITY HOLD"]),
    ("holds approve nowhere 0123", ["no such municipality"]),
    ("holds reject aarhus", ["something is missing", "MUNICIPALITY HOLD"]),
    ("holds reject aarhus 0123 --all", ["has no --all"]),
    ("holds aprove aarhus 0123", ["did you mean holds approve?"]),
    ("dead-letters", ["a second word is missing", "dead-letters list"]),
    ("dead-letters list 3/1042", ["nothing more", "3/1042"]),
    ("dead-letters list --limit -3", ["--limit", "whole number"]),
    ("dead-letters show", ["something is missing", "LETTER"]),
    ("dead-letters show 1042", ["1042", "3/1042"]),
    ("dead-letters replay", ["which?", "--all"]),
    ("dead-letters replay 3-1042", ["3-1042", "3/1042"]),
    ("dead-letters replay --handled", ["has no --handled"]),
    ("dead-letters discard", ["which?", "--all"]),
    ("dead-letters discard --from soon", ["--from", "soon"]),
    # and none at all
    ("", ["a command is missing", "--help"]),
    ("stats", ["did you mean status?"]),
    ("status --jsno", ["did you mean --json?"]),
    ("status --json=yes", ["takes no value"]),
    ("status --config", ["--config needs a value"]),
]


def commands():
    """All that --help lists."""
    text = run("--help").stdout.split("Commands:\n")[1].split("\n\n")[0]
    return [re.match(r"  (\S+(?: [a-z]\S*)?) {1,}[A-Z]", line)[1] for line in text.splitlines()]


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """Nobody answers at its addresses: whoever asks them before it has looked at the words fails."""
    path = tmp_path_factory.mktemp("use") / "config.json"
    path.write_text(json.dumps({
        "kafka": {"bootstrap.servers": "127.0.0.1:1"}, "redis": {"url": "redis://127.0.0.1:1/0"},
        "contact": "tests@vendor.example",
        "municipalities": [{"id": "aarhus", "base_url": "https://www.aakb.dk"}]}))
    return path


@pytest.mark.parametrize("words, said", WRONG, ids=[words or "nothing" for words, _ in WRONG])
def test_wrong_use_is_one_sentence(config, words, said):
    arguments = words.split()
    if "--config" not in arguments:
        arguments += ["--config", config]
    result = run(*arguments, input="")
    assert_one_sentence(result, 2, *said)
    assert result.stdout == ""


@pytest.mark.parametrize("config_text, said", [
    ("{", ["config.json"]),
    ('{"contact": "x@y.example", "kafka": {"bootstrap.servers": "k:9092"}, "redis": {"url": "redis://r"}, "topcis": {}}',
     ["topcis", "topics"]),
])
@pytest.mark.parametrize("command", [
    "topics check", "status", "refresh --all", "replay updates --all", "plan aarhus", "retire aarhus", "tail updates",
    "validate updates", "holds list", "dead-letters list", "dead-letters replay --all"])
def test_a_wrong_configuration_is_one_sentence(tmp_path, command, config_text, said):
    path = tmp_path / "config.json"
    path.write_text(config_text)
    assert_one_sentence(run(*command.split(), "--config", path), 2, *said)


def test_every_command_is_in_the_table_above():
    assert set(commands()) == {command for command in commands()
                               if any(words.startswith(command) for words, _ in WRONG)}


def test_every_command_has_help_that_fits_a_terminal():
    for command in commands():
        result = run(*command.split(), "--help")
        assert result.returncode == 0 and result.stdout.startswith(f"dplsync {command}")
        assert all(len(line) < 80 for line in result.stdout.splitlines()), command
        assert "\nOptions:\n" in result.stdout and "--config FILE" in result.stdout


def test_the_readme_names_only_commands_that_are_right():
    """With --help everything of a line is checked, and nothing is done."""
    text = (ROOT / "README.md").read_text()
    named = re.findall(r"`dplsync ([^`|<]*?)(?: \|[^`]*)?`", text)
    assert len(named) >= 6
    for line in named:
        result = run(*line.split(), "--help")
        assert result.returncode == 0, result.stderr


# completion

BASH = """
. <(%s completion bash)
COMP_WORDS=(%s) COMP_CWORD=%d
_dplsync
echo "${COMPREPLY[@]}"
"""
ZSH = """
_describe() { print -l -- ${(P)2} }
_files() { print files }
. =(%s completion zsh)
words=(%s) CURRENT=%d
_dplsync
"""


def program():
    return build_directory() / "bin" / "dplsync"


def complete_bash(*words):
    script = BASH % (program(), " ".join(word or "''" for word in words), len(words) - 1)
    result = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, timeout=10)
    assert result.stderr == ""
    return set(result.stdout.split())


def complete_zsh(*words):
    script = ZSH % (program(), " ".join(word or "''" for word in words), len(words))
    result = subprocess.run(["zsh", "-f", "-c", script], capture_output=True, text=True, check=True, timeout=10)
    assert result.stderr == ""
    found = {line.split(":")[0] for line in result.stdout.splitlines()}
    return {word for word in found if word.startswith(words[-1])}


@pytest.mark.parametrize("complete", [complete_bash, complete_zsh])
class TestCompletion:
    def test_offers_every_command(self, complete):
        assert complete("dplsync", "") == {command.split()[0] for command in commands()}
        for first in ("topics", "holds", "dead-letters", "replay"):
            assert complete("dplsync", first, "") == \
                {command.split()[1] for command in commands() if command.startswith(first + " ")}

    def test_offers_the_options_of_the_command(self, complete):
        assert complete("dplsync", "dead-letters", "replay", "--d") == {"--dry-run"}
        assert "--dry-run" not in complete("dplsync", "dead-letters", "list", "--")
        assert complete("dplsync", "completion", "") == {"bash", "zsh"}


# the manual page

def test_the_manual_page_has_every_command_and_no_mistake():
    page = run("man").stdout
    shown = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-P-cbou"], input=page, capture_output=True, text=True,
                           check=True, timeout=10)
    assert shown.stderr == ""
    text = shown.stdout.replace("‐\n", "")
    for command in commands():
        assert f"dplsync {command}" in text
    assert "--dry-run" in text and "EXIT STATUS" in text
