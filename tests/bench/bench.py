"""What benchmarks have in common: the parts, started once, and honest figures. CPU time is that of the
process measured, all its threads, from /proc: other work on the machine makes a run longer, not
dearer."""

import contextlib
import os
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "support"), str(TESTS / "integration")]

from parts import Kafka, Redis, Site, Workspace  # noqa: E402
from pipeline import Pipeline  # noqa: E402


@contextlib.contextmanager
def world(partitions=24, **site):
    """A pipeline on a Kafka, a Redis and a process of sites of its own."""
    with Workspace("bench") as workspace, \
            Kafka(workspace.directory("kafka"), jvm_options=[]) as kafka, \
            Redis(workspace.directory("redis")) as redis, \
            Site(workspace.directory("site"), **site) as sites:
        pipeline = Pipeline(kafka, redis, sites, workspace.directory("run"), prefix="b.",
                            partitions=partitions)
        pipeline.topics.create()
        with contextlib.closing(pipeline):
            yield pipeline


def prefer(part):
    """Lets no other work of the machine push the part aside, where that is allowed: else what it
    measures of its own time is the machine's load. True if it was."""
    try:
        for task in os.listdir(f"/proc/{part.pid}/task"):
            os.sched_setscheduler(int(task), os.SCHED_RR, os.sched_param(1))
    except OSError:
        return False
    return True


class Meter:
    """CPU and wall time of a part between two moments."""

    def __init__(self, part):
        self.part = part
        self.restart()

    def restart(self):
        self.cpu, self.wall = self.part.cpu_seconds(), time.monotonic()

    def read(self):
        return self.part.cpu_seconds() - self.cpu, time.monotonic() - self.wall


def histogram(metrics, name):
    """Upper bound (seconds) and cumulated count of each bucket."""
    prefix = f'{name}_bucket{{le="'
    return [(float(series[len(prefix):-2]), count) for series, count in metrics.items()
            if series.startswith(prefix)]


def verdict(name, value, unit, limit, good):
    """One line of the result; remembers what was missed for the exit code."""
    print(f"{name}: {value:,.3g} {unit} (wanted: {limit}){'' if good else '  MISSED'}")
    verdict.missed |= not good


verdict.missed = False


def finish():
    sys.exit(verdict.missed)
