"""The whole pipeline with log-ins, TLS and the least rights at a real Kafka and a real Redis, and the
search for secrets where they must not be."""

import base64
import itertools
import json
import subprocess
import urllib.request
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError, Producer

from conftest import show_logs
from parts import Console, build_directory, wait_until
from pipeline import PROGRAMS, Pipeline
from secure import (Certificates, SecureKafka, SecurePipeline, SecureRedis, password_of,
                    scram_works)

_serial = itertools.count(1)


@pytest.fixture(scope="module")
def certificates(workspace):
    return Certificates(workspace.directory("certificates"))


@pytest.fixture(scope="module")
def secure_kafka(workspace, certificates):
    with SecureKafka(workspace.directory("secure-kafka"), certificates) as kafka:
        kafka.add_users("vendor", *(f"dplsync-{name}" for name in (*PROGRAMS, "operator")))
        yield kafka


@pytest.fixture(scope="module")
def secure_redis(workspace):
    with SecureRedis(workspace.directory("secure-redis")) as redis:
        yield redis


@pytest.fixture
def secure(secure_kafka, secure_redis, site, workspace, request):
    """Topics, rights and an empty Redis of its own for each test."""
    name = f"secure-{next(_serial)}"
    secure_redis.flush()
    secure_kafka.add_acls(f"{name}.")
    pipeline = SecurePipeline(secure_kafka, secure_redis, site, workspace.directory(name),
                              f"{name}.")
    wait_until(lambda: operator(pipeline, "topics", "create", check=False).returncode == 0,
               "the operator to be let in: rights take a moment")
    yield pipeline
    pipeline.close()
    if getattr(request.node, "failed", False):
        show_logs(pipeline)
        print("refused by Redis:", pipeline.redis_users_refused())


def operator(pipeline, *words, check=True, **environment):
    """The command `dplsync`, with the operator's log-ins."""
    pipeline.write_config()
    done = subprocess.run([build_directory() / "bin" / "dplsync", *words, "--config",
                           pipeline.config_path], capture_output=True, text=True, timeout=60,
                          env={"PATH": "/usr/bin:/bin", **pipeline.secrets("operator"), **environment})
    assert not check or done.returncode == 0, done.stderr
    return done


def reads(pipeline, topic, user="vendor", group="vendor-1"):
    """The first record that the user gets of a topic, or the error that it gets instead."""
    consumer = Consumer({**pipeline.kafka.client(user), "group.id": group, "log_level": 0,
                         "auto.offset.reset": "earliest"})
    try:
        consumer.subscribe([pipeline.topics.name(topic)])

        def look():
            message = consumer.poll(0.5)
            return message and (message.error() or message.value())
        return wait_until(look, f"a record of {topic}, or an error")
    finally:
        consumer.close()


def writes(pipeline, topic, user="vendor", value=b"{}"):
    """The error with which a record is refused; None: it was taken."""
    found = []
    producer = Producer({**pipeline.kafka.client(user), "log_level": 0})
    producer.produce(pipeline.topics.name(topic), value, key=b"aarhus",
                     on_delivery=lambda error, _: found.append(error))
    producer.flush(20)
    return found[0]


def is_refused(error):
    return isinstance(error, KafkaError) and error.name() in ("TOPIC_AUTHORIZATION_FAILED",
                                                              "GROUP_AUTHORIZATION_FAILED")


class TestTheLeastRights:
    def test_everything_works_with_exactly_these(self, secure):
        aarhus = secure.add("aarhus", generate=3)
        secure.start()
        uuid = secure.wait(lambda: secure.changes("aarhus"), "a change")[0]["uuid"]
        update = {"municipality": "aarhus", "uuid": uuid, "state": "SoldOut",
                  "external_data": {"url": "https://tickets.example/e/1", "admin_url": None}}
        assert writes(secure, "updates", value=json.dumps(update).encode()) is None
        assert writes(secure, "updates", value=b"no update") is None
        secure.wait(lambda: aarhus.event(uuid).get("state") == "SoldOut", "the site shows it")
        secure.wait(lambda: secure.results("aarhus"), "a result")
        secure.wait(lambda: secure.dead_letters(), "a dead letter")
        aarhus.delete_event(uuid)  # asks for a fresh read by `control`
        secure.wait(lambda: secure.changes("aarhus", "delete", uuid), "it is told as gone")
        assert isinstance(reads(secure, "changes"), bytes)
        assert isinstance(reads(secure, "results"), bytes)
        assert secure.redis_users_refused() == []
        assert secure.stop() == dict.fromkeys(PROGRAMS, 0)
        assert not any("denied" in (text := secure[name].log_text().lower()) or
                       "authoriz" in text or "noperm" in text for name in PROGRAMS)

    def test_a_restart_goes_on_where_it_was(self, secure):
        secure.add("aarhus", generate=1)
        secure.start()
        secure.wait(lambda: secure.changes("aarhus", "create"), "a change")
        secure.stop()
        secure.start()
        secure.redis.flush()  # the reconciler reads `changes` anew, the writer `results`
        secure.wait(lambda: any(line["message"] == "state rebuilt" for line
                                in secure["reconciler"].log_lines()), "a rebuild")

    @pytest.mark.parametrize("name", PROGRAMS)
    def test_check_finds_nothing_wrong(self, secure, name):
        secure.add("aarhus", generate=1)
        secure.write_config()
        done = subprocess.run([build_directory() / "bin" / f"dplsync-{name}", "--check", "--config",
                               secure.config_path], capture_output=True, text=True, timeout=60,
                              env={"PATH": "/usr/bin:/bin", **secure.secrets(name)})
        assert done.returncode == 0, done.stdout + done.stderr

    def test_the_operators_command(self, secure):
        secure.add("aarhus", generate=2)
        secure.start()
        uuid = secure.wait(lambda: secure.changes("aarhus"), "a change")[0]["uuid"]
        secure.topics.send("updates", "aarhus", b"no update")
        secure.wait(lambda: secure.dead_letters(), "a dead letter")
        secure.send("aarhus", uuid=uuid, state="SoldOut")
        secure.wait(lambda: secure.results("aarhus"), "a result")
        operator(secure, "topics", "check")
        assert "aarhus" in operator(secure, "status", "--all").stdout
        assert "not-json" in operator(secure, "dead-letters", "list").stdout
        operator(secure, "holds", "list")
        operator(secure, "plan", "aarhus")
        operator(secure, "refresh", "aarhus")
        operator(secure, "replay", "results", "--from", "1h")
        secure.stop()
        secure.municipalities.clear()
        secure.write_config()
        operator(secure, "retire", "aarhus", "--force")
        secure.wait(lambda: [change for change in secure.changes("aarhus", "delete")
                             if change["reason"] == "retired"], "the vendor is told")
        assert secure.redis_users_refused() == []

    def test_the_vendor_has_no_other_rights(self, secure):
        for topic in ("control", "snapshots", "updates", "dead-letters"):
            assert is_refused(reads(secure, topic)), f"it can read {topic}"
        for topic in ("control", "snapshots", "changes", "results", "dead-letters"):
            assert is_refused(writes(secure, topic)), f"it can write {topic}"
        assert is_refused(reads(secure, "changes", group=secure.topics.name("writer")))

    def test_the_fetcher_cannot_tell_the_vendor(self, secure):
        for topic in ("changes", "updates", "results", "control"):
            assert is_refused(writes(secure, topic, user="dplsync-fetcher")), topic


class TestALogInThatIsWrong:
    def test_kafka_says_so(self, secure):
        secure.add("aarhus", generate=1)
        secure.write_config()
        service = secure.service("fetcher", DPLSYNC_KAFKA_SASL_PASSWORD="not-it")
        service.expected_end = True
        service.start(wait=False)
        assert service.wait(60) == 1
        assert "uthentication" in service.log_text() and "not-it" not in service.log_text()

    @pytest.mark.skipif("scram_works()")
    def test_a_librdkafka_that_cannot_do_scram_says_so(self, secure):
        secure.add("aarhus", generate=1)
        secure.write_config()
        done = operator(secure, "topics", "check", check=False,
                        DPLSYNC_KAFKA_SASL_MECHANISM="SCRAM-SHA-512")
        assert done.returncode == 1
        assert "2.6.1" in done.stderr and "PLAIN over TLS" in done.stderr

    def test_redis_says_so(self, secure):
        secure.add("aarhus", generate=1)
        secure.write_config()
        url = secure.redis.url_of("fetcher").replace("redis-of-", "not-")
        service = secure.service("fetcher", DPLSYNC_REDIS_URL=url)
        service.start(wait=False)
        line = secure.wait(lambda: [line for line in service.log_lines()
                                    if line["message"] == "redis is down"], "its line")[0]
        assert "WRONGPASS" in line["error.message"]
        assert service.get("/readyz")[0] == 503
        assert "-Zq8vN2" not in service.log_text()


def has_redis_tls():
    """Whether our programs were built with hiredis 1.0 or newer."""
    linked = subprocess.run(["ldd", build_directory() / "bin" / "dplsync-fetcher"],
                            capture_output=True, text=True).stdout
    return "hiredis_ssl" in linked


class TestRedisByTls:
    @pytest.fixture
    def over_tls(self, kafka, site, workspace, certificates):
        """Kafka in the open, Redis by TLS with a user for each program."""
        name = f"tls-{next(_serial)}"
        with SecureRedis(workspace.directory(f"redis-{name}"), certificates) as redis:
            pipeline = Pipeline(kafka, redis, site, workspace.directory(name), f"{name}.")
            pipeline.topics.create()
            for name in PROGRAMS:
                pipeline.service(name, DPLSYNC_REDIS_URL=redis.url_of(name, tls=True),
                                 SSL_CERT_FILE=str(certificates.ca))
            yield pipeline
            pipeline.close()

    @pytest.mark.skipif("not has_redis_tls()")
    def test_the_pipeline_works(self, over_tls):
        over_tls.add("aarhus", generate=1)
        over_tls.start()
        over_tls.wait(lambda: over_tls.changes("aarhus"), "a change")

    @pytest.mark.skipif("not has_redis_tls()")
    def test_an_unknown_authority_is_refused(self, over_tls):
        over_tls.add("aarhus", generate=1)
        over_tls.write_config()
        service = over_tls.service("fetcher", DPLSYNC_REDIS_URL=over_tls.redis.url_of(
            "fetcher", tls=True))
        service.start(wait=False)
        line = over_tls.wait(lambda: [line for line in service.log_lines()
                                      if line["message"] == "redis is down"], "its line")[0]
        assert "certificate" in line["error.message"]

    @pytest.mark.skipif("has_redis_tls()")
    def test_without_hiredis_1_a_sentence_says_what_is_missing(self, over_tls):
        over_tls.add("aarhus", generate=1)
        over_tls.write_config()
        service = over_tls["fetcher"]
        service.expected_end = True
        service.start(wait=False)
        assert service.wait(30) == 1
        said = service.log_lines()[-1]["error.message"]
        assert "needs hiredis 1.0 or later" in said


# secrets

SITE_USER, SITE_PASSWORD, WRONG_PASSWORD = "site-user-Zq8vN2", "site-pass-Zq8vN2", "bad-pass-Zq8vN2"


def secrets_of(pipeline):
    """What must be found nowhere, also in the form in which it goes over the wire."""
    basic = [base64.b64encode(f"{SITE_USER}:{password}".encode()).decode().rstrip("=")
             for password in (SITE_PASSWORD, WRONG_PASSWORD)]
    own = [password_of(f"dplsync-{name}", "kafka") for name in PROGRAMS]
    return [SITE_PASSWORD, WRONG_PASSWORD, *basic, *own,
            *(password_of(name, "redis") for name in PROGRAMS), "trace-key-Zq8vN2"]


def places_of(pipeline):
    """Everything that a program tells anybody, by where it stands."""
    for service in pipeline.services.values():
        yield f"log of {service.name}", service.log_text()
        for path in ("/metrics", "/readyz", "/version", "/healthz"):
            yield f"{path} of {service.name}", service.get(path)[1]
    for topic in ("snapshots", "changes", "updates", "results", "dead-letters", "control"):
        for record in pipeline.topics.read(topic):
            yield topic, f"{record.key} {record.value} {record.headers}"
    with Console(pipeline.config_path, pipeline.directory,
                 settings=pipeline.secrets("operator")) as console:
        for path in ("/", "/?municipality=aarhus"):
            with urllib.request.urlopen(console.address + path, timeout=10) as answer:
                yield f"page {path}", answer.read().decode()
        yield "log of the console", console.log_text()
    for words in (["status", "--all"], ["status", "aarhus", "--json"], ["dead-letters", "list"]):
        done = operator(pipeline, *words, check=False)
        yield f"dplsync {' '.join(words)}", done.stdout + done.stderr
    for cmdline in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = cmdline.read_bytes().decode("utf-8", "replace")
        except OSError:  # it has ended
            continue
        if "dplsync" in text:
            yield str(cmdline), text


def test_no_secret_is_told_to_anybody(secure):
    secure.config["tracing"] = {"endpoint": "http://127.0.0.1:9/"}
    site = secure.site.control.create("aarhus", username=SITE_USER, password=SITE_PASSWORD,
                                      generate=2)
    secure.add_municipality("aarhus", site.base_url, {"read_auth": "basic"})
    secure.set_credentials("aarhus", SITE_USER, SITE_PASSWORD)
    secure.start(DPLSYNC_LOG_LEVEL="debug", DPLSYNC_TRACING_SAMPLE_PERCENT="100",
                 OTEL_EXPORTER_OTLP_HEADERS="authorization=trace-key-Zq8vN2")
    uuid = secure.wait(lambda: secure.changes("aarhus"), "a change")[0]["uuid"]
    secure.send("aarhus", uuid=uuid, state="SoldOut")
    secure.wait(lambda: secure.results("aarhus"), "a result")
    secure.set_credentials("aarhus", SITE_USER, WRONG_PASSWORD)
    secure.wait(lambda: any(line["message"] == "configuration replaced"
                            for line in secure["writer"].log_lines()), "the new log-in was read")
    site.message(422, count=1, method="PATCH")
    secure.send("aarhus", uuid=uuid, state="Cancelled")
    secure.topics.send("updates", "aarhus", b"no update")
    secure.wait(lambda: secure.dead_letters(), "a dead letter")

    secrets = secrets_of(secure)
    looked_at = set()
    for place, text in places_of(secure):
        looked_at.add(place)
        for secret in secrets:
            assert secret not in text, f"{secret} stands in {place}"
    assert {"changes", "results", "dead-letters", "log of dplsync-writer"} <= looked_at
    assert "page /" in looked_at and any(place.startswith("/proc/") for place in looked_at)
