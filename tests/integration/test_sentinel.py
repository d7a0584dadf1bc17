"""Redis behind sentinels: the services find the master, and the next one when it is gone."""

import itertools

import pytest
import redis as redis_client

from parts import Redis, Sentinel, wait_until
from test_daemon import run

_serial = itertools.count(1)


def master_port(sentinel):
    with redis_client.Redis(port=sentinel.port, decode_responses=True) as link:
        return int(link.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "main")[1])


def replicas_known(sentinel):
    with redis_client.Redis(port=sentinel.port, decode_responses=True) as link:
        masters = link.sentinel_masters()
        return masters["main"]["num-slaves"], masters["main"]["num-other-sentinels"]


@pytest.fixture
def guarded(workspace):
    """A master, its replica, and three sentinels that know of both and of each other."""
    directory = workspace.directory(f"guarded-{next(_serial)}")
    parts = [Redis(directory / "first", name="first").start()]
    parts.append(Redis(directory / "second", name="second", settings={
        "replicaof": f"127.0.0.1 {parts[0].port}"}).start())
    sentinels = [Sentinel(directory / f"sentinel-{n}", parts[0], name=f"sentinel-{n}").start()
                 for n in range(3)]
    parts += sentinels
    wait_until(lambda: all(replicas_known(sentinel) == (1, 2) for sentinel in sentinels),
               "the sentinels to know each other")
    yield parts
    for part in reversed(parts):
        part.resume()
        part.stop()


def hosts(guarded):
    return ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in guarded[2:])


@pytest.fixture
def sentinel_pipeline(pipeline, guarded):
    pipeline.config["redis"]["url"] = f"redis+sentinel://{hosts(guarded)}/main/2"
    return pipeline


def told(pipeline, handle):
    return {uuid: event["title"] for uuid, event in pipeline.vendor_table("aarhus").items()} == \
        {uuid: event["title"] for uuid, event in handle.events().items()}


def edit_and_wait(pipeline, handle, title):
    """An edit is told, and a state that the vendor wishes arrives."""
    uuid = next(iter(handle.events()))
    handle.edit_event(uuid, title=title)
    pipeline.wait(lambda: told(pipeline, handle), f"the vendor to hear of {title}", timeout=60)
    state = "SoldOut" if "again" in title else "Active"
    pipeline.send("aarhus", uuid=uuid, state=state)
    pipeline.wait(lambda: handle.events()[uuid]["state"] == state, f"{state} on the site",
                  timeout=60)


@pytest.mark.parametrize("fault", ["kill", pytest.param("pause", marks=pytest.mark.slow)])
def test_a_fail_over_is_followed(sentinel_pipeline, guarded, fault):
    """A paused master comes back as if nothing had happened, and is told that it is none."""
    pipeline, first, sentinel = sentinel_pipeline, guarded[0], guarded[2]
    handle = pipeline.add("aarhus", generate=5, future=True)
    pipeline.start()
    edit_and_wait(pipeline, handle, "Before")
    getattr(first, fault)()
    wait_until(lambda: master_port(sentinel) == guarded[1].port, "the fail-over", timeout=60)
    edit_and_wait(pipeline, handle, "After, again")
    if fault == "pause":
        first.resume()
        with redis_client.Redis(port=first.port) as link:
            wait_until(lambda: link.role()[0] == b"slave", "the old master to be a replica",
                       timeout=60)
        edit_and_wait(pipeline, handle, "And after that")
    with redis_client.Redis(port=guarded[1].port, db=2) as link:
        assert link.exists("{aarhus}:m") and link.exists("{aarhus}:w")
    assert pipeline.stop() == {"fetcher": 0, "reconciler": 0, "writer": 0}


@pytest.mark.parametrize("address, words", [
    ("{hosts}/other", ["sentinel 127.0.0.1", 'no master "other"']),
    (":hidden@127.0.0.1:1/main?sentinel_password=hidden",
     ["sentinel 127.0.0.1:1", "Connection refused"]),
], ids=["unknown-master", "no-sentinel"])
def test_check_says_what_a_sentinel_said(pipeline, guarded, address, words):
    pipeline.add_municipality("aarhus", "https://www.aakb.dk")
    pipeline.config["redis"]["url"] = "redis+sentinel://" + address.format(hosts=hosts(guarded))
    result = run("writer", "--check", "--config", pipeline.write_config())
    assert result.returncode == 1
    for word in words:
        assert word in result.stdout
    assert "hidden" not in result.stdout + result.stderr


def test_check_finds_the_master(sentinel_pipeline):
    sentinel_pipeline.add_municipality("aarhus", "https://www.aakb.dk")
    result = run("writer", "--check", "--config", sentinel_pipeline.write_config())
    assert result.returncode == 0, result.stdout
