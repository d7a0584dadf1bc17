"""More than one fetcher, and what changes while they run: who reads what, and from which moment on."""

import shutil
import time

import pytest

from fetching import header, reads, snapshots, start_with, wait_snapshots, whole
from kubelet import mount, project

NAMES = [f"site-{number}" for number in range(8)]  # in several partitions


def two_pods(pipeline):
    for name in NAMES:
        pipeline.add(name, generate=2)
    pipeline.start("fetcher")
    second = pipeline.service("fetcher", log="second").start()
    pipeline.wait(lambda: all(owned(pod) for pod in (pipeline["fetcher"], second)), "both to have work")
    return pipeline["fetcher"], second


def owned(pod):
    """The municipalities whose series stand on that pod."""
    prefix = 'dplsync_fetcher_interval_seconds{municipality="'
    return {series[len(prefix):-2] for series in pod.metrics() if series.startswith(prefix)}


def wait_all_read(pipeline, since, timeout):
    """How long it took until every site was read again."""
    control = pipeline.site.control
    pipeline.wait(lambda: {entry["site"] for entry in control.ledger(since, method="GET")} >= set(NAMES),
                  "every site to be read again", timeout)


class TestTwoPods:
    def test_each_site_is_read_by_one_of_them(self, pipeline):
        first, second = two_pods(pipeline)
        pipeline.wait(lambda: owned(first) | owned(second) == set(NAMES), "all to be owned")
        assert not owned(first) & owned(second)
        since = pipeline.site.control.ledger_next()
        wait_all_read(pipeline, since, 10)
        assert not any(entry["overlapped"] for entry in pipeline.site.control.ledger(since))

    def test_kill_9_hands_over_within_12_s(self, pipeline):
        first, _ = two_pods(pipeline)
        first.kill()
        since, began = pipeline.site.control.ledger_next(), time.monotonic()
        wait_all_read(pipeline, since, 20)
        assert time.monotonic() - began < 12

    def test_a_clean_stop_hands_over_within_2_s(self, pipeline):
        first, _ = two_pods(pipeline)
        since, began = pipeline.site.control.ledger_next(), time.monotonic()
        assert first.stop() == 0
        wait_all_read(pipeline, since, 10)
        assert time.monotonic() - began < 2

    @pytest.mark.slow
    def test_two_owners_for_a_moment_do_no_harm(self, pipeline):
        """One is frozen, loses its partitions, wakes up in the middle of its work, and goes on until it
        hears of it. The vendor has what the sites have."""
        first, second = two_pods(pipeline)
        pipeline.start("reconciler")
        pipeline.wait(lambda: len(pipeline.changes(op="create")) == 2 * len(NAMES), "every create")
        first.pause()
        pipeline.wait(lambda: owned(second) == set(NAMES), "the other to have all", 30)
        for name in NAMES:
            site = pipeline.site.control.site(name)
            site.edit_event(next(iter(site.events())), title="After the hand-over")
        pipeline.wait(lambda: len(pipeline.changes(op="update")) == len(NAMES), "every update")
        first.resume()
        pipeline.wait(lambda: owned(first), "the first to have work again", 30)
        for name in NAMES:
            site = pipeline.site.control.site(name)
            site.edit_event(next(iter(site.events())), title="After all of it")
        pipeline.wait(lambda: len(pipeline.changes(op="update")) == 2 * len(NAMES), "every update")
        for name in NAMES:
            shown = pipeline.site.control.site(name).events()
            table = pipeline.vendor_table(name)
            assert {uuid: event["title"] for uuid, event in table.items()} == \
                {uuid: event["title"] for uuid, event in shown.items()}
        assert not pipeline.changes(op="delete")


class TestReload:
    def test_a_municipality_comes_and_goes_without_a_restart(self, pipeline):
        start_with(pipeline)
        wait_snapshots(pipeline, "aarhus", 1)
        viborg = pipeline.add("viborg", generate=3)
        pipeline.write_config()
        wait_snapshots(pipeline, "viborg", 2)
        del pipeline.municipalities["viborg"]
        pipeline.write_config()
        pipeline.wait(lambda: pipeline["fetcher"].metrics().get("dplsync_config_municipalities") == 1,
                      "the new configuration")
        start = viborg.control.ledger_next()
        wait_snapshots(pipeline, "aarhus", len(snapshots(pipeline, "aarhus")) + 3)
        assert not reads(viborg, start)
        assert owned(pipeline["fetcher"]) == {"aarhus"}

    def test_a_changed_municipality_takes_effect_and_disturbs_no_other(self, pipeline):
        aarhus = pipeline.add("aarhus", generate=3)
        viborg = pipeline.add("viborg", generate=3)
        viborg.fault("delay", delay_ms=3000)  # always under way
        pipeline.start("fetcher")
        wait_snapshots(pipeline, "aarhus", 2)
        pipeline.wait(lambda: reads(viborg), "a read of viborg")
        pipeline.municipalities["aarhus"]["full_every"] = "1s"
        pipeline.write_config()
        pipeline.wait(lambda: len(whole(snapshots(pipeline, "aarhus"))) >= 3, "whole lists every second")
        wait_snapshots(pipeline, "viborg", 1)
        assert all(entry["status"] in (200, 304) for entry in reads(viborg) if entry.get("ended_us")), \
            "no read of the other was given up"
        assert aarhus.events()

    def test_fresh_every_is_kept(self, pipeline):
        handle = start_with(pipeline, {"fresh_every": "2s"})
        pipeline.wait(lambda: len([entry for entry in reads(handle) if entry["user"]]) >= 3, "fresh reads")
        moments = [entry["started_us"] for entry in reads(handle) if entry["user"]]
        assert all(later - earlier >= 2_000_000 for earlier, later in zip(moments, moments[1:]))
        assert {header(record, "fresh") for record in snapshots(pipeline, "aarhus")} == {"true", "false"}

    def test_configuration_and_credentials_by_symlink_swap(self, pipeline):
        """As the kubelet does it, in two mounts."""
        aarhus = pipeline.add("aarhus", generate=2)
        mounted, secrets = pipeline.directory / "etc", pipeline.directory / "secrets"
        mounted.mkdir(), secrets.mkdir()
        pipeline.config["credentials_dir"] = str(secrets)
        mount(secrets, "..1", {"aarhus.username": "external-system", "aarhus.password": "secret"})
        mount(mounted, "..1", {"config.json": pipeline.write_config().read_text()})
        pipeline.config_path = mounted / "config.json"
        pipeline.service("fetcher").start()
        wait_snapshots(pipeline, "aarhus", 2)

        viborg = pipeline.site.control.create("viborg", generate=2)
        pipeline.municipalities["viborg"] = {"id": "viborg", "base_url": viborg.base_url}
        pipeline.config_path = pipeline.directory / "next.json"
        project(mounted, "..2", {"config.json": pipeline.write_config().read_text()})
        wait_snapshots(pipeline, "viborg", 1)

        project(secrets, "..2", {"aarhus.username": "rotated", "aarhus.password": "other"})
        pipeline.wait(lambda: any(entry["user"] == "rotated" for entry in reads(aarhus)),
                      "a read with the new credentials")
        assert "other" not in pipeline["fetcher"].log_text()
        shutil.rmtree(secrets)
