"""Alerts and dashboard over a pipeline that runs: a real Prometheus with the rules that are deployed. What
the expressions say case by case is tested in tests/deploy."""

import json
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from parts import Part, free_port, wait_until
from pipeline import PROGRAMS

FILES = Path(__file__).resolve().parent.parent.parent / "deploy" / "helm" / "dplsync" / "files"
OF_KUBERNETES = ("container_memory_working_set_bytes",)
LINK = {"url": "https://tickets.example/e/77", "admin_url": "https://tickets.example/admin/e/77"}


class Prometheus(Part):
    """Looks at the programs every other second, with the labels that a PodMonitor gives."""

    def __init__(self, pipeline):
        super().__init__("prometheus", pipeline.directory / "prometheus")
        self.targets = [{"targets": [f"127.0.0.1:{pipeline[name].admin_port}"],
                         "labels": {"namespace": "libraries", "pod": name, "container": f"dplsync-{name}"}}
                        for name in PROGRAMS]

    def take_ports(self):
        self.port = free_port()

    def prepare(self):
        (self.directory / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "1s"},
            "rule_files": [str(FILES / "alerts.yaml")],
            "scrape_configs": [{"job_name": "dplsync", "static_configs": self.targets}]}))

    def command(self):
        return ["prometheus", f"--config.file={self.directory / 'prometheus.yml'}",
                f"--storage.tsdb.path={self.directory / 'data'}", f"--web.listen-address=127.0.0.1:{self.port}"]

    def is_ready(self):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=2).status == 200
        except OSError:
            return False

    def ask(self, expression):
        """The series that an expression gives now; an exception if it cannot be evaluated."""
        query = urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/query?{query}", timeout=10) as answer:
            return json.load(answer)["data"]["result"]

    def alerts(self):
        return {series["metric"]["alertname"] for series in self.ask("ALERTS")}


def queries():
    """(panel, expression) of the dashboard, with a value for each of Grafana's variables."""
    for panel in json.loads((FILES / "dashboard.json").read_text())["panels"]:
        for target in panel.get("targets", []):
            expression = target["expr"].replace("$__rate_interval", "10s")
            yield panel["title"], expression.replace("$namespace", ".*").replace("$municipality", ".*")


@pytest.fixture
def watched(pipeline):
    """One site, an update that was applied, and Prometheus over all of it."""
    # A site is stale after three intervals, and what Prometheus knows may be two seconds old.
    pipeline.config["defaults"]["poll_interval"] = "2s"
    aarhus = pipeline.add("aarhus", generate=3, future=True)
    pipeline.start()
    with Prometheus(pipeline) as prometheus:
        pipeline.wait(lambda: len(pipeline.changes("aarhus", "create")) == 3, "the creates")
        pipeline.wait(lambda: prometheus.ask("dplsync_reconciler_known_events == 3"), "the first look")
        pipeline.send("aarhus", uuid=next(iter(aarhus.events())), state="SoldOut", external_data=LINK)
        pipeline.wait(lambda: pipeline.results("aarhus"), "the result")
        pipeline.wait(lambda: prometheus.ask('dplsync_writer_updates_total{outcome="applied"} > 0'), "a look at it")
        yield prometheus


def test_a_board_over_a_healthy_pipeline_shows_something_everywhere(pipeline, watched):
    quiet = {"Every municipality, those in trouble first"}  # some of its columns are empty if nothing is wrong
    for panel, expression in queries():
        if not any(name in expression for name in OF_KUBERNETES):
            pipeline.wait(lambda: watched.ask(expression) or panel in quiet, f"{panel}: {expression}")
    table = [expression for panel, expression in queries() if panel in quiet]
    assert sum(bool(watched.ask(expression)) for expression in table) >= 6


def test_nothing_is_alarming_while_all_is_well_and_a_stop_of_redis_is(pipeline, watched, redis):
    wait_until(lambda: watched.ask("count(dplsync_redis_up == 1) == 3"), "all to have Redis")
    # The rules were evaluated before the first look at the programs, too: until the next time, that counts.
    wait_until(lambda: watched.alerts() == set(), "nothing to be alarming, or about to be")
    redis.pause()
    wait_until(lambda: "RedisDown" in watched.alerts(), "the alert to be pending")
    redis.resume()
    wait_until(lambda: "RedisDown" not in watched.alerts(), "it to be gone")
