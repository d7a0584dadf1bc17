"""Every alert fires when it should and is silent when it should be: promtool runs the rules over series,
as the chart deploys them into the namespace `libraries`.

Time begins at 0 with the series, a value a minute; `at` is in minutes. In promtool's notation `0+60x99`
is 0 and 99 more, each 60 greater than the last, `5x99` is 5 all the time, `_` is no sample.
"""

import subprocess

import pytest
import yaml
from support import ALERTS, CHART, by_kind, render, values_of

INTERVAL = 'dplsync_fetcher_interval_seconds{municipality="%s"}'
SUCCESS = 'dplsync_fetcher_last_success_timestamp_seconds{municipality="%s"}'
APPLIED = 'dplsync_reconciler_last_applied_timestamp_seconds{municipality="%s"}'
HELD = 'dplsync_reconciler_held_deletions{municipality="aarhus",pod="%s"}'
BREAKER = 'dplsync_writer_breaker_state{municipality="aarhus"}'
REJECTED = 'dplsync_writer_auth_failed{municipality="aarhus"}'
OLDEST = 'dplsync_writer_oldest_waiting_timestamp_seconds{municipality="aarhus"}'
PAUSED = 'dplsync_writer_paused_until_timestamp_seconds{municipality="aarhus"}'
DRIFT = 'dplsync_reconciler_drift_total{municipality="aarhus"}'
DEAD = 'dplsync_dead_letters_total{reason="invalid-state"}'
DEAD_COMMANDS = 'dplsync_fetcher_dead_letters_total{reason="invalid-command"}'
DEAD_SNAPSHOTS = 'dplsync_reconciler_dead_letters_total{reason="unreadable"}'
READING = 'dplsync_kafka_%s{topic="dplsync.%s",partition="3",pod="%s",container="dplsync-%s"}'
LAG = READING % ("consumer_lag", "updates", "a", "writer")
POSITION = READING % ("position", "updates", "a", "writer")
RUNNING = 'dplsync_build_info{namespace="libraries",container="dplsync-%s"}'
ELSEWHERE = 'dplsync_build_info{namespace="another",container="dplsync-%s"}'
RESTARTS = 'kube_pod_container_status_restarts_total{container="%s"}'
CLOCK = 'dplsync_fetcher_clock_ahead_seconds{pod="a"}'
MUNICIPALITIES = "dplsync_config_municipalities"
REBUILDS = 'dplsync_reconciler_rebuilds_total{municipality="%s"}'
ERRORS = 'dplsync_kafka_produce_errors_total{pod="a"}'
RECEIVED = 'dplsync_writer_received_updates_total{municipality="aarhus",partition="%s",pod="%s"}'
REBALANCES = 'dplsync_kafka_rebalances_total{pod="a"}'

AARHUS = {"municipality": "aarhus"}
POD = {"pod": "a"}
UNREAD = {"topic": "dplsync.updates", "partition": "3", "container": "dplsync-writer"}


def sites(stale, fresh):
    """So many sites whose last success lies ever further back, and so many that are read."""
    names = [f"stale-{number}" for number in range(stale)] + [f"fresh-{number}" for number in range(fresh)]
    return {**{INTERVAL % name: "600x120" for name in names},
            **{SUCCESS % name: "0x120" if name.startswith("stale") else "0+60x120" for name in names}}


def waiting(**others):
    """An update that has waited since minute 1, at a site that nothing is wrong with."""
    return {OLDEST: "60x200", BREAKER: "0x200", PAUSED: "0x200", REJECTED: "0x200", **others}


def down(service):
    """What the alert says of a program that is not there. Its namespace inhibits what follows from it."""
    return {"service": service, "container": f"dplsync-{service}", "namespace": "libraries"}


CASES = [
    # says, alert, series, at, labels of what fires (None: nothing does)
    ("a site was not read for three intervals", "MunicipalityStale",
     {SUCCESS % "aarhus": "0x60", INTERVAL % "aarhus": "600x60"}, 36, AARHUS),
    ("it is not stale before they have passed", "MunicipalityStale",
     {SUCCESS % "aarhus": "0x60", INTERVAL % "aarhus": "600x60"}, 29, None),
    ("nor just after a hand-over, when the old pod's series is still there", "MunicipalityStale",
     {'dplsync_fetcher_last_success_timestamp_seconds{municipality="aarhus",pod="old"}': "0x60",
      'dplsync_fetcher_last_success_timestamp_seconds{municipality="aarhus",pod="new"}': "0+60x60",
      INTERVAL % "aarhus": "600x60"}, 50, None),
    ("a new site was never read", "MunicipalityNeverRead", {INTERVAL % "aarhus": "600x60"}, 31, AARHUS),
    ("a new site was read at last", "MunicipalityNeverRead",
     {INTERVAL % "aarhus": "600x60", SUCCESS % "aarhus": "_x20 1200x40"}, 55, None),
    ("one site of four is dead, and two more", "ManyMunicipalitiesStale", sites(3, 5), 50, {}),
    ("two sites of three are no majority of many", "ManyMunicipalitiesStale", sites(2, 1), 50, None),
    ("three of a hundred are their own trouble", "ManyMunicipalitiesStale", sites(3, 97), 50, None),
    ("one of three municipalities belongs to nobody", "MunicipalityUnowned",
     {MUNICIPALITIES: "3x60", INTERVAL % "a": "600x60", INTERVAL % "b": "600x60"}, 15, {}),
    ("none of them belongs to anybody", "MunicipalityUnowned", {MUNICIPALITIES: "3x60"}, 15, {}),
    ("each belongs to somebody", "MunicipalityUnowned",
     {MUNICIPALITIES: "2x60", INTERVAL % "a": "600x60", INTERVAL % "b": "600x60"}, 55, None),
    ("a hand-over is over within ten minutes", "MunicipalityUnowned",
     {MUNICIPALITIES: "1x60", INTERVAL % "a": "_x5 600x60"}, 9, None),
    ("deletions are held", "DeletionsHeld", {HELD % "a": "31x60"}, 16, AARHUS),
    ("they were released in time", "DeletionsHeld", {HELD % "a": "31x10 0x60"}, 30, None),
    ("they are held for a day", "DeletionsHeldForADay", {HELD % "a": "31x1500"}, 1441, AARHUS),
    ("a day, even if the municipality moves to another pod", "DeletionsHeldForADay",
     {HELD % "a": "31x700 _x800", HELD % "b": "_x699 31x800"}, 1441, AARHUS),
    ("not yet a day", "DeletionsHeldForADay", {HELD % "a": "31x1500"}, 1400, None),
    ("the log-in is rejected", "CredentialsRejected", {REJECTED: "1x60"}, 6, AARHUS),
    ("the log-in works", "CredentialsRejected", {REJECTED: "0x60"}, 55, None),
    ("the site fails for half an hour", "BreakerOpen", {BREAKER: "2x60", REJECTED: "0x60"}, 31, AARHUS),
    ("each time it is tried, the attempt hangs for a minute", "BreakerOpen",
     {BREAKER: "2x9 1 2x9 1 2x9 1 2x30", REJECTED: "0x90"}, 40, AARHUS),
    ("the site was tried again and works", "BreakerOpen", {BREAKER: "2x20 1 0x60", REJECTED: "0x90"}, 60, None),
    ("the log-in is rejected: that is said already", "BreakerOpen", {BREAKER: "2x60", REJECTED: "1x60"}, 55, None),
    ("an update waits for an hour, and nothing says why", "UpdatesWaitingTooLong", waiting(), 80, AARHUS),
    ("less than an hour", "UpdatesWaitingTooLong", waiting(), 59, None),
    ("the breaker says why", "UpdatesWaitingTooLong", waiting(**{BREAKER: "2x200"}), 150, None),
    ("the site asked for a pause", "UpdatesWaitingTooLong", waiting(**{PAUSED: "90000x200"}), 150, None),
    ("the log-in says why", "UpdatesWaitingTooLong", waiting(**{REJECTED: "1x200"}), 150, None),
    ("nothing waits", "UpdatesWaitingTooLong", waiting(**{OLDEST: "0x200"}), 150, None),
    ("a site shows what nobody wished", "DriftUnresolved", {DRIFT: "_x20 3x60"}, 30, AARHUS),
    ("it showed it two days ago", "DriftUnresolved", {DRIFT: "3x3100"}, 3000, None),
    ("a first dead letter, with which its counter is born", "DeadLetters", {DEAD: "_x20 1x60"}, 25,
     {"reason": "invalid-state"}),
    ("one more dead letter", "DeadLetters", {DEAD: "4x80 5x60"}, 100, {"reason": "invalid-state"}),
    ("a command that the fetcher could not read", "DeadLetters",
     {DEAD_COMMANDS: "_x20 1x60"}, 25,
     {"reason": "invalid-command"}),
    ("a snapshot that the reconciler could not read", "DeadLetters",
     {DEAD_SNAPSHOTS: "_x20 1x60"}, 25, {"reason": "unreadable"}),
    ("yesterday's dead letters", "DeadLetters", {DEAD: "5x200"}, 150, None),
    ("fifty-one dead letters", "ManyDeadLetters", {DEAD: "0x70 51x60"}, 90, {}),
    ("of commands", "ManyDeadLetters", {DEAD_COMMANDS: "_x20 51x60"}, 40, {}),
    ("of all programs together", "ManyDeadLetters",
     {DEAD: "0x70 20x60", DEAD_COMMANDS: "_x70 20x60", DEAD_SNAPSHOTS: "0x70 20x60"}, 90, {}),
    ("a few dead letters", "ManyDeadLetters", {DEAD: "0x70 5x60"}, 90, None),
    ("records wait and none is read", "PipelineStalled", {LAG: "0x5 7x60", POSITION: "90x70"}, 25, UNREAD),
    ("they become more", "PipelineStalled", {LAG: "0x5 7+5x60", POSITION: "90x70"}, 25, UNREAD),
    ("they become more, and are read", "PipelineStalled", {LAG: "0x5 7+5x60", POSITION: "90+10x70"}, 55, None),
    ("reading has come to a stand", "PipelineStalled", {LAG: "9000-50x20 8000x60", POSITION: "0+50x20 1000x60"}, 40,
     UNREAD),
    ("a backlog is being worked off", "PipelineStalled", {LAG: "9000-50x100", POSITION: "0+50x100"}, 60, None),
    ("all is read now and then", "PipelineStalled",
     {LAG: "7 7 7 0 9 9 9 9 0 3 3 3 0 7 7 7 0 9 9 9 9 0 3 3", POSITION: "90x30"}, 22, None),
    ("nothing comes", "PipelineStalled", {LAG: "0x60", POSITION: "90x60"}, 55, None),
    ("the partition moved to a pod that reads", "PipelineStalled",
     {LAG: "9x20 _x40", POSITION: "90x20 _x40", READING % ("consumer_lag", "updates", "b", "writer"): "_x20 9x40",
      READING % ("position", "updates", "b", "writer"): "_x20 90+5x40"}, 32, None),
    ("one of two programs that read the same does not", "PipelineStalled",
     {READING % ("consumer_lag", "control", "f", "fetcher"): "0x60",
      READING % ("position", "control", "f", "fetcher"): "0+1x60",
      READING % ("consumer_lag", "control", "r", "reconciler"): "0+1x60",
      READING % ("position", "control", "r", "reconciler"): "0x60"}, 25,
     {"topic": "dplsync.control", "partition": "3", "container": "dplsync-reconciler"}),
    ("lists are read and not applied", "ReconcilerBehind",
     {SUCCESS % "aarhus": "0+60x60", APPLIED % "aarhus": "0x60"}, 22, AARHUS),
    ("each list is applied a minute later", "ReconcilerBehind",
     {SUCCESS % "aarhus": "60+60x60", APPLIED % "aarhus": "0+60x60"}, 55, None),
    ("no fetcher answers", "ServiceDown",
     {RUNNING % "fetcher": "1x10 _x60", RUNNING % "reconciler": "1x60", RUNNING % "writer": "1x60"}, 25, down("fetcher")),
    ("no reconciler answers", "ServiceDown", {RUNNING % "fetcher": "1x60", RUNNING % "writer": "1x60"}, 25,
     down("reconciler")),
    ("no writer answers", "ServiceDown", {RUNNING % "fetcher": "1x60", RUNNING % "reconciler": "1x60"}, 25,
     down("writer")),
    ("no writer answers here, one in another release", "ServiceDown",
     {RUNNING % "fetcher": "1x60", RUNNING % "reconciler": "1x60", ELSEWHERE % "writer": "1x60"}, 25, down("writer")),
    ("all answer", "ServiceDown", {RUNNING % name: "1x60" for name in ("fetcher", "reconciler", "writer")}, 25, None),
    ("Redis cannot be used", "RedisDown", {'dplsync_redis_up{pod="a"}': "1x5 0x60"}, 12, POD),
    ("Redis was restarted", "RedisDown", {'dplsync_redis_up{pod="a"}': "1x5 0x3 1x60"}, 12, None),
    ("Kafka goes on refusing", "KafkaProduceErrors", {ERRORS: "0x20 0+3x60"}, 30, POD),
    ("Kafka refuses from the start", "KafkaProduceErrors", {ERRORS: "_x20 2x60"}, 27, POD),
    ("Kafka refused an hour ago", "KafkaProduceErrors", {ERRORS: "0x5 9x100"}, 80, None),
    ("pods come and go", "Rebalancing", {REBALANCES: "0x10 0+1x60"}, 40, POD),
    ("a roll-out", "Rebalancing", {REBALANCES: "2x10 2 3 4 5 5x60"}, 30, None),
    ("a pod crashes again and again", "CrashLoop", {RESTARTS % "dplsync-writer": "0x10 0 1 2 3 4 5 5x20"}, 30,
     {"container": "dplsync-writer"}),
    ("one restart", "CrashLoop", {RESTARTS % "dplsync-writer": "0x10 1x60"}, 30, None),
    ("somebody else's pod crashes", "CrashLoop", {RESTARTS % "shop": "0+1x60"}, 30, None),
    ("a changed configuration is refused", "ConfigReloadFailed", {'dplsync_config_refused{pod="a"}': "0x5 1x60"}, 12, POD),
    ("it was corrected", "ConfigReloadFailed", {'dplsync_config_refused{pod="a"}': "0x5 1x10 0x60"}, 20, None),
    ("a clock is behind", "ClockWrong", {CLOCK: "0x10 -9x60"}, 20, POD),
    ("a clock is a little ahead", "ClockWrong", {CLOCK: "1.2x60"}, 20, None),
    ("a vendor sends one update to another partition", "UpdatesScattered",
     {RECEIVED % (3, "a"): "0+1x90", RECEIVED % (4, "b"): "_x20 1x70"}, 25, AARHUS),
    ("and many", "UpdatesScattered", {RECEIVED % (3, "a"): "0+1x190", RECEIVED % (4, "a"): "5x80 5+1x110"}, 90, AARHUS),
    ("one partition that moves to another pod", "UpdatesScattered",
     {RECEIVED % (3, "a"): "0+1x30 _x60", RECEIVED % (3, "b"): "_x30 1+1x60"}, 45, None),
    ("another partitioner, since long ago", "UpdatesScattered",
     {RECEIVED % (3, "a"): "7x200", RECEIVED % (4, "b"): "0+1x200"}, 150, None),
    ("one municipality is rebuilt for the third time", "RebuildRepeated",
     {REBUILDS % "aarhus": "0x65 1x10 2x10 3x60", REBUILDS % "viborg": "0x150"}, 90, AARHUS),
    ("so is it when the pod has just come", "RebuildRepeated", {REBUILDS % "aarhus": "_x20 0x5 3x80"}, 60, AARHUS),
    ("and when its counter is born with it", "RebuildRepeated", {REBUILDS % "aarhus": "_x20 3x80"}, 60, AARHUS),
    ("twice on one pod, and once more on the next", "RebuildRepeated",
     {'dplsync_reconciler_rebuilds_total{municipality="aarhus",pod="old"}': "0x65 2x5",
      'dplsync_reconciler_rebuilds_total{municipality="aarhus",pod="new"}': "_x70 1x60"}, 72, AARHUS),
    ("it was rebuilt twice", "RebuildRepeated", {REBUILDS % "aarhus": "0x65 1x5 2x60"}, 80, None),
    ("Redis was flushed once", "RebuildRepeated",
     {REBUILDS % name: "0x65 1x60" for name in ("aarhus", "odense", "viborg")}, 75, None),
    ("the third was hours ago", "RebuildRepeated", {REBUILDS % "aarhus": "0x5 3x200"}, 150, None),
]


def rules():
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def as_promtool_test(case):
    _, alert, series, at, fires = case
    expected = []
    if fires is not None:
        severity = next(rule["labels"]["severity"] for rule in rules() if rule["alert"] == alert)
        labels = {"alertname": alert, "alertstate": "firing", "severity": severity, **fires}
        text = ",".join(f'{name}="{value}"' for name, value in labels.items())
        expected = [{"labels": f"ALERTS{{{text}}}", "value": 1}]
    return {"interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "promql_expr_test": [{"expr": f'ALERTS{{alertname="{alert}",alertstate="firing"}}',
                                  "eval_time": f"{at}m", "exp_samples": expected}]}


def takes_a_day(case):
    return case[3] > 1000


def deployed_rules():
    return by_kind(render(values_of(CHART / "ci" / "full-values.yaml")), "PrometheusRule")[0]["spec"]


def run_promtool(directory, cases):
    """A day is looked at every ten minutes only, for the sake of ours."""
    (directory / "rules.yaml").write_text(yaml.safe_dump(deployed_rules()))
    path = directory / "test.yaml"
    path.write_text(yaml.safe_dump({"rule_files": ["rules.yaml"],
                                    "evaluation_interval": "10m" if all(map(takes_a_day, cases)) else "1m",
                                    "tests": [as_promtool_test(case) for case in cases]}))
    return subprocess.run(["promtool", "test", "rules", path], capture_output=True, text=True)


@pytest.fixture(scope="session")
def all_are_right(tmp_path_factory):
    """Two runs for all; only if one fails does each case need one of its own to be told apart."""
    directory = tmp_path_factory.mktemp("alerts")
    return all(run_promtool(directory, [case for case in CASES if takes_a_day(case) == day]).returncode == 0
               for day in (False, True))


@pytest.mark.parametrize("case", CASES, ids=[f"{case[1]}: {case[0]}" for case in CASES])
def test_alert(tmp_path, all_are_right, case):
    if not all_are_right:
        done = run_promtool(tmp_path, [case])
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested_firing_and_silent():
    for alert in (rule["alert"] for rule in rules()):
        outcomes = {fires is not None for _, name, _, _, fires in CASES if name == alert}
        assert outcomes == {True, False}, f"{alert}: a case that fires and one that is silent"


def test_the_rules_are_well_formed():
    done = subprocess.run(["promtool", "check", "rules", ALERTS], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_tells_a_person_what_it_is_and_where_to_read_on():
    for rule in rules():
        assert set(rule["annotations"]) - {"console_url"} == {"summary", "description", "runbook_url"}, rule["alert"]
        assert rule["labels"]["severity"] in ("warning", "critical"), rule["alert"]
