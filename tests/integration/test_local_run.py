"""deploy/local/run, as a newcomer sees it."""

import os
import re
import signal
import subprocess
import urllib.request
from pathlib import Path

from parts import ROOT, build_directory, wait_until

RUN = ROOT / "deploy" / "local" / "run"


def environment():
    """The programs that the tests have built already, and no second build."""
    return {**os.environ, "DPLSYNC_BUILD": str(build_directory())}


def test_the_loop_closes_within_a_minute_and_in_little_memory():
    done = subprocess.run([RUN, "--until-closed"], capture_output=True, text=True, timeout=300, env=environment())
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    seconds = int(re.search(r"closed for all 3 libraries after (\d+) s", done.stdout)[1])
    assert seconds < 60
    for municipality in ("aarhus", "viborg", "odense"):
        assert re.search(rf"{municipality} .*the loop has closed in \d+ s", done.stdout)
    resident = [float(number) for number in re.findall(r"([\d.]+) MB resident", done.stdout)]
    assert len(resident) == 3
    assert max(resident) < 20 or os.environ.get("DPLSYNC_SANITIZED"), resident


def test_ctrl_c_stops_all_that_it_started(tmp_path):
    log = tmp_path / "log"
    with open(log, "wb") as out:
        run = subprocess.Popen([RUN], stdout=out, stderr=subprocess.STDOUT, env=environment(), start_new_session=True)
    wait_until(lambda: "and what happens" in log.read_text() or run.poll() is not None, "the parts to start", 120)
    wait_until(lambda: "operator's page" in log.read_text() or run.poll() is not None, "the loop to close", 120)
    [address] = re.findall(r"operator's page: (http://\S+)", log.read_text())
    page = urllib.request.urlopen(address, timeout=10).read().decode()
    assert all(f'id="m-{name}"' in page for name in ("aarhus", "viborg", "odense"))
    started = descendants(run.pid)
    assert any("dplsync-writer" in line for line in started.values()), log.read_text()
    os.killpg(run.pid, signal.SIGINT)
    assert run.wait(60) == 0, log.read_text()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in started), "every part to be gone", 10)


def test_a_configuration_that_is_not_there_is_said():
    done = subprocess.run([RUN, "--config", "/nowhere/config.json"], capture_output=True, text=True, timeout=120,
                          env=environment())
    assert done.returncode == 1
    assert "/nowhere/config.json cannot be used" in done.stderr


def descendants(parent):
    """Command lines by pid, of all that a process started (its parts are sessions of their own)."""
    table = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in table.splitlines()]
    found = {}
    while more := {int(pid): line for pid, above, line in rows
                   if int(above) in (parent, *found) and int(pid) not in found}:
        found |= more
    return found
