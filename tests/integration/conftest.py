"""One Kafka, one Redis and one process of simulated sites for the whole run; topics, a Redis
database and sites of its own for each test."""

import itertools
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

from parts import Kafka, Redis, Site, Workspace  # noqa: E402
from pipeline import Pipeline  # noqa: E402

_serial = itertools.count(1)
REDIS_DATABASES = 64


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Let fixtures know whether their test failed."""
    report = (yield).get_result()
    if report.when == "call":
        item.failed = report.failed


@pytest.fixture(scope="session")
def workspace():
    with Workspace("tests") as workspace:
        yield workspace


@pytest.fixture(scope="session")
def session_kafka(workspace):
    with Kafka(workspace.directory("kafka")) as kafka:
        yield kafka


@pytest.fixture(scope="session")
def session_redis(workspace):
    with Redis(workspace.directory("redis")) as redis:
        yield redis


@pytest.fixture(scope="session")
def session_site(workspace):
    with Site(workspace.directory("site")) as site:
        yield site
        assert site.stop() == 0, site.log_tail()


def usable(part):
    """Up again, whatever the last test did to it."""
    part.resume()
    if not part.alive:
        part.start()
    return part


@pytest.fixture
def kafka(session_kafka):
    return usable(session_kafka)


@pytest.fixture
def redis(session_redis):
    return usable(session_redis)


@pytest.fixture
def site(session_site):
    """The simulated sites' process, without sites and with an empty ledger."""
    site = usable(session_site)
    for name in site.control.sites():
        site.control.site(name).delete()
    site.control.clear_ledger()
    return site


@pytest.fixture
def make_pipeline(request, kafka, redis, site, workspace):
    """For tests that need more than one pipeline, or other partitions."""
    made = []

    def make(partitions=6, topics=None):
        number = next(_serial)
        database = number % REDIS_DATABASES
        redis.flush(database)
        pipeline = Pipeline(kafka, redis, site, workspace.directory(f"test-{number}"),
                            prefix=f"t{number}.", database=database, partitions=partitions)
        pipeline.topics.create(**(topics or {}))
        made.append(pipeline)
        return pipeline

    yield make
    for pipeline in made:
        pipeline.close()
        if getattr(request.node, "failed", False):
            show_logs(pipeline)


@pytest.fixture
def pipeline(make_pipeline):
    return make_pipeline()


@pytest.fixture
def another_partitioner(pipeline):
    """Where the updates of aarhus's vendor land, which is not where the municipality is. Asked for
    before what sends updates."""
    pipeline.use_another_partitioner("aarhus")
    return pipeline.vendor_partition


def show_logs(pipeline):
    for service in pipeline.services.values():
        print(f"---- {service.name}, last lines of {service.log_path}")
        print(service.log_tail(40))
