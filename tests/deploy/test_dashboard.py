"""The dashboard shows what there is: every expression is one that Prometheus understands, over series
that the programs have."""

import json
import re
import subprocess

import pytest
import yaml
from support import ALERTS, DASHBOARD, names_of_series, our_metrics

# What Kubernetes and its monitoring know of our pods.
OTHERS_METRICS = {"kube_pod_container_status_restarts_total", "container_memory_working_set_bytes", "ALERTS"}


def dashboard():
    return json.loads(DASHBOARD.read_text())


def panels():
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def queries():
    """(where, expression) of everything that asks Prometheus."""
    board = dashboard()
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for annotation in board["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]


def as_rules(expressions):
    """As a file of rules; Grafana's variables get the values that it would give them."""
    def plain(expression):
        return re.sub(r"\$\w+", ".*", expression.replace("$__rate_interval", "4m").replace("$__range", "6h"))
    return {"groups": [{"name": "dashboard", "rules": [
        {"record": f"dashboard:query:{number}", "expr": plain(expression)} for number, expression in enumerate(expressions)]}]}


def named_in(expression):
    """The metrics that an expression asks for: what begins a selector, after labels and strings are gone."""
    bare = re.sub(r'"[^"]*"', "", expression)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(by|on|ignoring|without|group_left|group_right)\s*\([^)]*\)", " ", bare)
    return {name for name in re.findall(r"\b[a-zA-Z_]\w*\b(?!\s*\()", bare) if "_" in name or name == "ALERTS"}


def test_prometheus_understands_every_expression(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump(as_rules([expression for _, expression in queries()])))
    done = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def alert_expressions():
    for group in yaml.safe_load(ALERTS.read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


@pytest.mark.parametrize("where, expression", [*queries(), *alert_expressions()], ids=lambda text: text[:40])
def test_what_is_asked_for_exists(where, expression):
    asked = named_in(expression)
    assert asked
    unknown = asked - set(names_of_series(our_metrics())) - OTHERS_METRICS
    assert not unknown, f"{where} asks for {unknown}"


def test_variables_ask_for_series_that_exist():
    for variable in dashboard()["templating"]["list"]:
        if variable["type"] == "query":
            metric = re.match(r"label_values\((\w+)", variable["definition"]).group(1)
            assert metric in our_metrics()


def test_it_can_be_imported_anywhere():
    board = dashboard()
    assert board["uid"] == "dplsync" and "id" not in board
    assert board["time"]["from"].startswith("now")
    for panel in panels():
        assert panel["datasource"]["uid"] == "${datasource}", panel["title"]
        assert "id" not in panel


def test_no_panel_lies_on_another():
    taken = {}
    for panel in dashboard()["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24, panel["title"]
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                assert (x, y) not in taken, f"{panel['title']} lies on {taken[x, y]}"
                taken[x, y] = panel["title"]

