"""The image as a cluster runs it: read-only, without any right, as user 65532, with its configuration
mounted where the programs look for it."""

import http.client
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "support"), str(TESTS / "integration")]

from parts import Kafka, Redis, Service, Site, Workspace, free_port, wait_until  # noqa: E402
from pipeline import PROGRAMS, Pipeline  # noqa: E402

STORE = Path(os.environ["DPLSYNC_IMAGE_STORE"])
PODMAN = ["podman", "--root", STORE / "storage", "--runroot", STORE / "run"]
RUN = [*PODMAN, "run", "--rm", "--network", "host", "--read-only", "--read-only-tmpfs=false", "--cap-drop", "all",
       "--security-opt", "no-new-privileges"]
IMAGE = "localhost/dplsync"
LINK = {"url": "https://tickets.example/e/77", "admin_url": "https://tickets.example/admin/e/77"}


def run(*command, directory=None, environment=None):
    """A program of the image; its exit code and what it said."""
    options = ["--volume", f"{directory}:/etc/dplsync:ro"] if directory else []
    for name, value in (environment or {}).items():
        options += ["--env", f"{name}={value}"]
    done = subprocess.run([*RUN, *options, IMAGE, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


class Contained(Service):
    """A program of the image, as a part. SIGTERM reaches it as the first process of its container."""

    def command(self):
        variables = [word for name, value in self.environment().items() for word in ("--env", f"{name}={value}")]
        return [*RUN, "--name", self.container, "--volume", f"{self.directory}:/etc/dplsync:ro", *variables,
                IMAGE, self.program.name]

    @property
    def container(self):
        return f"{self.name}-{os.getpid()}"

    def kill(self):
        code = super().kill()
        subprocess.run([*PODMAN, "rm", "--force", "--ignore", self.container], capture_output=True)
        return code


class Console(Contained):
    """It has no admin port, but a page."""

    def __init__(self, pipeline):
        super().__init__("dplsync", pipeline.config_path, pipeline.directory, log="console",
                         settings={"DPLSYNC_CONSOLE_ACTIONS": "true"})

    def command(self):
        return [*super().command(), "console"]

    def environment(self):
        return {"DPLSYNC_CONSOLE_ADDRESS": f"127.0.0.1:{self.admin_port}", **self.settings}

    def is_ready(self):
        return self.get("/")[0] == 200


class ContainedPipeline(Pipeline):
    def __init__(self, *arguments, **others):
        super().__init__(*arguments, **others)
        self.config["credentials_dir"] = "/etc/dplsync/credentials"

    def service(self, name, log=None, **settings):
        self.services[log or name] = Contained(f"dplsync-{name}", self.config_path, self.directory,
                                               settings=settings, log=log)
        return self.services[log or name]


@pytest.fixture(scope="module")
def workspace():
    with Workspace("image") as workspace:
        yield workspace


@pytest.fixture(scope="module")
def kafka(workspace):
    with Kafka(workspace.directory("kafka")) as kafka:
        yield kafka


@pytest.fixture(scope="module")
def authority(workspace):
    """A directory with ca.crt, and a certificate for localhost that it signed."""
    directory = workspace.directory("authority")

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=directory, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=tests", "-keyout", "ca.key", "-out", "ca.crt")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost",
            "-keyout", "redis.key", "-out", "redis.csr")
    (directory / "names").write_text("subjectAltName=DNS:localhost")
    openssl("x509", "-req", "-in", "redis.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-days", "2",
            "-extfile", "names", "-out", "redis.crt")
    return directory


@pytest.fixture(scope="module")
def redis(workspace, authority):
    """With TLS on a port of its own."""
    port = free_port()
    with Redis(workspace.directory("redis"), settings={
            "tls-port": port, "tls-cert-file": authority / "redis.crt", "tls-key-file": authority / "redis.key",
            "tls-ca-cert-file": authority / "ca.crt", "tls-auth-clients": "no"}) as redis:
        redis.tls_port = port
        yield redis


@pytest.fixture(scope="module")
def site(workspace):
    with Site(workspace.directory("site")) as site:
        yield site


@pytest.fixture
def pipeline(request, kafka, redis, site, workspace):
    name = request.node.name.replace("_", "-")
    pipeline = ContainedPipeline(kafka, redis, site, workspace.directory(name), prefix=f"{name[:40]}.")
    pipeline.directory.chmod(0o755)
    redis.flush()
    yield pipeline
    pipeline.close()
    for name in site.control.sites():
        site.control.site(name).delete()


def health_check(service, port):
    """The one of the compose file, asking another port."""
    compose = yaml.safe_load((TESTS.parent / "deploy" / "compose" / "compose.yaml").read_text())
    [_, *command] = compose["services"][service]["healthcheck"]["test"]
    return [re.sub(r"127\.0\.0\.1/\d+", f"127.0.0.1/{port}", word) for word in command]


def healthy(part):
    command = health_check(part.name.removeprefix("dplsync-"), part.admin_port)
    return subprocess.run([*PODMAN, "exec", part.container, *command], capture_output=True).returncode == 0


@pytest.mark.parametrize("program", ["dplsync", *(f"dplsync-{name}" for name in PROGRAMS)])
def test_each_program_says_its_version(program):
    assert run(program, "--version") == (0, f"{program} 0.1.0\n")


def test_it_runs_as_nobody_and_with_no_right():
    code, status = run("cat", "/proc/self/status")
    facts = dict(line.split(":\t", 1) for line in status.splitlines())
    assert facts["Uid"].split() == ["65532"] * 4
    assert facts["CapEff"] == facts["CapBnd"] == "0" * 16
    assert facts["NoNewPrivs"] == "1"


def test_nothing_can_be_written():
    code, said = run("touch", "/usr/local/bin/x", "/tmp/x", "/etc/dplsync")
    assert code == 1 and said.count("Read-only file system") == 3


def test_it_says_what_it_is_and_what_is_in_it():
    [image] = json.loads(subprocess.run([*PODMAN, "image", "inspect", IMAGE], capture_output=True, check=True).stdout)
    labels = image["Labels"]
    assert labels["org.opencontainers.image.version"] == "0.1.0"
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert image["Config"]["User"] == "65532:65532"
    code, text = run("cat", "/usr/share/doc/dplsync/sbom.spdx.json")
    listed = {package["name"]: package for package in json.loads(text)["packages"]}
    installed = run("dpkg-query", "-W", "-f", "${Package} ${Version}\n")[1].split("\n")
    assert {f"{name} {package['versionInfo']}" for name, package in listed.items()} - {"dplsync 0.1.0"} == \
        set(filter(None, installed))
    assert listed["librdkafka1"]["externalRefs"][0]["referenceLocator"].startswith("pkg:deb/debian/librdkafka1@2.8.0")


def test_a_configuration_is_checked(pipeline):
    pipeline.add("aarhus", generate=1)
    pipeline.write_config()
    code, said = run("dplsync", "topics", "create", directory=pipeline.directory)
    assert code == 0 and said.count("created") == 6, said
    for name in PROGRAMS:
        code, said = run(f"dplsync-{name}", "--check", directory=pipeline.directory)
        assert code == 0 and said.count("ok ") == 4, said


def test_redis_is_reached_over_tls(pipeline, redis, authority):
    """With an authority of one's own, as the chart hands it over."""
    pipeline.add("aarhus", generate=1)
    pipeline.topics.create()
    pipeline.write_config()
    (pipeline.directory / "ca.crt").write_bytes((authority / "ca.crt").read_bytes())
    environment = {"DPLSYNC_REDIS_URL": f"rediss://localhost:{redis.tls_port}/0"}
    code, said = run("dplsync-writer", "--check", directory=pipeline.directory, environment=environment)
    assert code == 1 and "certificate" in said, "nobody vouches for it"
    environment["SSL_CERT_FILE"] = "/etc/dplsync/ca.crt"
    code, said = run("dplsync-writer", "--check", directory=pipeline.directory, environment=environment)
    assert code == 0 and f"ok    redis        localhost:{redis.tls_port}" in said, said


def test_the_loop_closes_and_every_program_drains(pipeline):
    aarhus = pipeline.add("aarhus", generate=5, future=True)
    pipeline.topics.create()
    pipeline.start()
    assert all(healthy(pipeline[name]) for name in PROGRAMS), "as the compose file asks"
    pipeline.wait(lambda: len(pipeline.changes("aarhus", "create")) == 5, "five creates")
    uuid = next(iter(aarhus.events()))
    pipeline.send("aarhus", uuid=uuid, state="SoldOut", external_data=LINK)
    pipeline.wait(lambda: aarhus.event(uuid).get("state") == "SoldOut", "the state to be shown")
    assert aarhus.event(uuid)["external_data"] == LINK
    pipeline.wait(lambda: [result["outcome"] for result in pipeline.results("aarhus", uuid)] == ["applied"], "a result")
    aarhus.unpublish(uuid)
    pipeline.wait(lambda: pipeline.changes("aarhus", "delete", uuid), "the delete")
    assert pipeline.dead_letters() == []
    assert pipeline.stop() == {name: 0 for name in PROGRAMS}
    for name in PROGRAMS:
        assert pipeline[name].log_lines()[-1]["message"] == "drained"


def test_a_program_drains_while_a_site_does_not_answer(pipeline):
    """SIGTERM in the middle of a PATCH: it is waited for, and the exit code says that nothing was left."""
    aarhus = pipeline.add("aarhus", generate=1, future=True)
    pipeline.topics.create()
    pipeline.start()
    pipeline.wait(lambda: pipeline.changes("aarhus", "create"), "the create")
    uuid = next(iter(aarhus.events()))
    start = aarhus.control.ledger_next()
    aarhus.fault("delay", method="PATCH", delay_ms=3000)
    pipeline.send("aarhus", uuid=uuid, state="SoldOut")
    wait_until(lambda: aarhus.ledger(start, method="PATCH"), "the PATCH to be sent")
    assert pipeline.stop("writer") == {"writer": 0}
    assert aarhus.event(uuid)["state"] == "SoldOut"


def test_a_program_without_redis_is_not_healthy(pipeline):
    pipeline.add("aarhus", generate=1)
    pipeline.topics.create()
    pipeline.config["redis"]["url"] = f"redis://127.0.0.1:{free_port()}/0"
    pipeline.start("writer", wait=False)
    wait_until(lambda: pipeline["writer"].get("/healthz")[0] == 200, "the loop to turn")
    assert not healthy(pipeline["writer"])


def test_the_console_shows_its_page(pipeline):
    pipeline.add("aarhus", generate=1)
    pipeline.topics.create()
    pipeline.write_config()
    with Console(pipeline) as console:
        assert "aarhus" in console.get("/")[1]
        assert healthy(console)
        assert console.stop() == 0


def test_the_console_answers_to_its_own_name_only(pipeline):
    """Which is why the chart's probe brings that name along."""
    pipeline.add("aarhus", generate=1)
    pipeline.topics.create()
    pipeline.write_config()
    console = Console(pipeline)
    console.settings["DPLSYNC_CONSOLE_ORIGIN"] = "https://dplsync.vendor.example"
    console.is_ready = lambda: status(console, "dplsync.vendor.example") == 200
    with console:
        assert status(console, "10.1.2.3:9104") != 200


def status(console, host):
    link = http.client.HTTPConnection("127.0.0.1", console.admin_port, timeout=5)
    try:
        link.request("GET", "/console.css", headers={"Host": host})
        return link.getresponse().status
    except OSError:
        return 0
    finally:
        link.close()


def test_the_simulated_sites_of_the_compose_file_are_there():
    """Created by its own script, in an image of their own."""
    port = free_port()
    name = f"dplsync-sites-{os.getpid()}"
    with subprocess.Popen([*RUN, "--name", name, "localhost/dplsync-site", "dplsync-site", "--any-address",
                           "--port", str(port)]) as process:
        wait_until(lambda: subprocess.run(["bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}"],
                                          capture_output=True).returncode == 0, "the sites to be served")
        done = subprocess.run([sys.executable, TESTS.parent / "deploy" / "compose" / "sites.py",
                               f"http://127.0.0.1:{port}"], capture_output=True, text=True)
        subprocess.run([*PODMAN, "stop", name], capture_output=True)
        process.wait(30)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["aarhus: a site with 14 events", "viborg: a site with 9 events",
                                        "odense: a site with 11 events"]
