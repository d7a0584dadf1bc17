"""What Prometheus scrapes of each program, and what an operator relies on in it."""

import re
import subprocess

import pytest

from pipeline import PROGRAMS

COMMON = ["build_info", "config_last_reload_success_timestamp_seconds", "config_municipalities",
          "config_reload_failures_total", "kafka_assigned_partitions", "kafka_consumer_lag",
          "kafka_position", "kafka_produce_errors_total", "kafka_rebalances_total",
          "loop_longest_turn_seconds", "redis_up", "trace_dropped_total"]
# Every municipality of a pod has these, from when it is the pod's on.
PER_MUNICIPALITY = {
    "fetcher": ["fetcher_events", "fetcher_fetches_total", "fetcher_interval_seconds",
                "fetcher_last_success_timestamp_seconds", "fetcher_snapshot_age_seconds",
                "fetcher_unreadable_events"],
    "reconciler": ["reconciler_changes_total", "reconciler_held_deletions",
                   "reconciler_known_events", "reconciler_last_applied_timestamp_seconds"],
    "writer": ["writer_auth_failed", "writer_breaker_state",
               "writer_oldest_waiting_timestamp_seconds", "writer_paused_until_timestamp_seconds",
               "writer_ready_updates", "writer_updates_total", "writer_waiting_updates"],
}
PER_PROGRAM = {
    "fetcher": ["fetcher_reads", "fetcher_request_duration_seconds_bucket"],
    "reconciler": ["reconciler_rebuilds_total"],
    "writer": ["dead_letters_total", "writer_end_to_end_seconds_bucket",
               "writer_request_duration_seconds_bucket"],
}


def municipalities(metrics, name):
    """Whose series of that name there are."""
    return {found.group(1) for series in metrics
            if series.startswith(f"dplsync_{name}{{")
            and (found := re.search('municipality="([^"]*)"', series))}


def reading_series(service):
    """Of partitions: how far it is behind in them, and how far it has come."""
    return {series for series in service.metrics()
            if series.startswith(("dplsync_kafka_consumer_lag", "dplsync_kafka_position"))}


def positions(service, topic):
    """The next offset to be read of each partition."""
    return {int(re.search('partition="([0-9]+)"', series).group(1)): value
            for series, value in service.metrics().items()
            if series.startswith("dplsync_kafka_position") and f'{topic}"' in series}


@pytest.fixture
def busy(pipeline):
    """Every program has done its work once."""
    pipeline.add("aarhus", generate=2)
    pipeline.start()
    uuid = pipeline.wait(lambda: pipeline.changes("aarhus"), "a change")[0]["uuid"]
    pipeline.send("aarhus", uuid=uuid, state="SoldOut")
    pipeline.wait(lambda: pipeline.results("aarhus"), "a result")
    return pipeline


def test_promtool_finds_nothing_to_say(busy):
    for name in PROGRAMS:
        checked = subprocess.run(["promtool", "check", "metrics"], capture_output=True, text=True,
                                 input=busy[name].get("/metrics")[1])
        assert (checked.returncode, checked.stdout + checked.stderr) == (0, ""), name


def test_every_metric_that_alerts_and_dashboard_need_is_there(busy):
    for name in PROGRAMS:
        metrics = busy[name].metrics()
        names = {series.split("{")[0].removeprefix("dplsync_") for series in metrics}
        wanted = set(COMMON + PER_MUNICIPALITY[name] + PER_PROGRAM[name])
        assert wanted <= names, (name, wanted - names)
        assert metrics["dplsync_redis_up"] == 1
        assert metrics["dplsync_config_municipalities"] == 1


def test_what_has_not_happened_yet_is_zero(busy):
    writer = busy["writer"].metrics()
    for outcome, count in {"applied": 1, "unchanged": 0, "superseded": 0, "ended": 0, "gone": 0,
                           "dead": 0}.items():
        series = f'dplsync_writer_updates_total{{municipality="aarhus",outcome="{outcome}"}}'
        assert writer[series] == count
    assert writer['dplsync_dead_letters_total{reason="rejected-by-cms"}'] == 0
    assert writer['dplsync_dead_letters_total{reason="invalid-url"}'] == 0
    for name in PROGRAMS:
        assert busy[name].metrics()["dplsync_kafka_produce_errors_total"] == 0
    fetcher = busy["fetcher"].metrics()
    assert fetcher['dplsync_fetcher_fetches_total{municipality="aarhus",outcome="failed"}'] == 0


def test_whether_records_are_read_is_seen_however_many_more_there_are(busy):
    """By the position, which moves with every record; how far a program is behind may grow meanwhile."""
    writer = busy["writer"]
    before = busy.wait(lambda: (found := positions(writer, "updates")) and sum(found.values()) == 1 and found,
                       "the update that was sent is read")
    for _ in range(3):
        busy.send("aarhus", uuid=busy.changes("aarhus")[0]["uuid"], state="SoldOut")
    [own] = [partition for partition, position in before.items() if position == 1]
    busy.wait(lambda: positions(writer, "updates") == {**before, own: 4}, "three more are read")


def test_no_label_is_a_uuid_or_an_address(busy):
    for name in PROGRAMS:
        text = busy[name].get("/metrics")[1]
        assert not re.search("[0-9a-f]{8}-[0-9a-f]{4}-", text) and "http://" not in text


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_municipality_is_shown_by_its_owner_alone(pipeline, name):
    """A series that stayed behind on the pod that had it would stand still for ever, and alert."""
    ids = {f"town-{number}" for number in range(12)}
    for municipality in sorted(ids):
        pipeline.add(municipality, generate=1)
    pipeline.start()
    first, second = pipeline[name], pipeline.service(name, log="second")
    key = PER_MUNICIPALITY[name][-1]
    pipeline.wait(lambda: municipalities(first.metrics(), key) == ids, "all on one pod")

    second.start()
    pipeline.wait(lambda: municipalities(second.metrics(), key), "some of them on the other")
    both = [first.metrics(), second.metrics()]
    for metric in PER_MUNICIPALITY[name]:
        left, right = (municipalities(metrics, metric) for metrics in both)
        assert not left & right, (metric, left & right)
    reading = pipeline.wait(lambda: all(found := [reading_series(first), reading_series(second)]) and found,
                            "both know how far they have come")
    assert not reading[0] & reading[1]

    assert second.stop() == 0
    pipeline.wait(lambda: municipalities(first.metrics(), key) == ids, "all on one pod again")
