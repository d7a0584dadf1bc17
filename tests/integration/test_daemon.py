"""What every program does before, beside and after its work: arguments, configuration and its
reload, --check, admin port, exit codes."""

import gzip
import json
import subprocess
import urllib.error
import urllib.request

import pytest

from kubelet import project
from parts import build_directory, free_port, wait_until
from pipeline import PROGRAMS

EVERY = pytest.mark.parametrize("name", PROGRAMS)
WITH_CREDENTIALS = pytest.mark.parametrize("name", ["fetcher", "writer"])


def run(name, *arguments, timeout=60, **environment):
    program = build_directory() / "bin" / f"dplsync-{name}"
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True,
                          timeout=timeout, env={"PATH": "/usr/bin:/bin", **environment})


def config_file(directory, text=None, **changes):
    """A whole configuration without anything behind it, or `text` as it is."""
    directory.joinpath("credentials").mkdir(exist_ok=True)
    config = {
        "kafka": {"bootstrap.servers": f"127.0.0.1:{free_port()}"},
        "redis": {"url": f"redis://someone:hidden@127.0.0.1:{free_port()}/0"},
        "credentials_dir": str(directory / "credentials"),
        "contact": "tests@vendor.example",
        "municipalities": [{"id": "aarhus", "base_url": "https://www.aakb.dk"}],
        **changes,
    }
    path = directory / "config.json"
    path.write_text(json.dumps(config) if text is None else text)
    return path


def assert_one_sentence(result, name, *words):
    assert result.returncode == 2
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith(f"dplsync-{name}: "), result.stderr
    for word in words:
        assert word in lines[0]


# arguments

@EVERY
def test_help_comes_from_the_tables(name):
    result = run(name, "--help")
    assert (result.returncode, result.stderr) == (0, "")
    for expected in ("--config FILE", "--check", "--version", f"{name}.admin_address",
                     f"DPLSYNC_{name.upper()}_ADMIN_ADDRESS", "poll_interval", "redis.url"):
        assert expected in result.stdout
    for other in set(PROGRAMS) - {name}:
        assert f"{other}.admin_address" not in result.stdout


@EVERY
def test_help_has_the_metrics(name):
    result = run(name, "--help=metrics")
    assert result.returncode == 0
    assert "dplsync_build_info" in result.stdout and f"dplsync_{name}_" in result.stdout


@EVERY
def test_version(name):
    result = run(name, "--version")
    assert result.returncode == 0
    assert result.stdout.startswith(f"dplsync-{name} ")


@pytest.mark.parametrize("arguments, words", [
    (["--chek"], ["--chek", "did you mean --check?"]),
    (["--config"], ["--config", "--help"]),
    (["--help=nothing"], ["nothing", "--help=metrics"]),
    (["config.json"], ["unexpected argument", "config.json"]),
    (["-z"], ["unknown option"]),
])
def test_wrong_arguments(arguments, words):
    assert_one_sentence(run("writer", *arguments), "writer", *words)


# a configuration that cannot be used

@EVERY
def test_unknown_key_names_the_nearest(name, tmp_path):
    path = config_file(tmp_path, contakt="a@b.example")
    assert_one_sentence(run(name, "--config", path), name, "config.json", "contakt", "contact?")


def test_unknown_key_of_a_municipality_names_both(tmp_path):
    path = config_file(tmp_path, municipalities=[
        {"id": "aarhus", "base_url": "https://www.aakb.dk", "pol_interval": "5m"}])
    assert_one_sentence(run("fetcher", "--config", path), "fetcher", "aarhus", "pol_interval",
                        "poll_interval")


@EVERY
def test_http_shows_credentials_on_the_way(name, tmp_path):
    path = config_file(tmp_path, municipalities=[{"id": "aarhus",
                                                  "base_url": "http://www.aakb.dk"}])
    tmp_path.joinpath("credentials", "aarhus.username").write_text("someone")
    tmp_path.joinpath("credentials", "aarhus.password").write_text("hidden")
    result = run(name, "--config", path)
    assert_one_sentence(result, name, "aarhus", "https", "allow_insecure_http")
    assert "hidden" not in result.stderr


def test_no_file(tmp_path):
    assert_one_sentence(run("writer", "--config", tmp_path / "none.json"), "writer", "none.json",
                        "No such file")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"contact": 1, "contact": 2}', "\u0000"])
def test_not_a_configuration(text, tmp_path):
    assert_one_sentence(run("writer", "--config", config_file(tmp_path, text)), "writer",
                        "config.json")


def test_credentials_directory_that_is_not_there(tmp_path):
    path = config_file(tmp_path, credentials_dir=str(tmp_path / "nowhere"))
    assert_one_sentence(run("writer", "--config", path), "writer", "credentials_dir", "nowhere")


@EVERY
def test_a_property_that_kafka_does_not_have_names_the_nearest(name, tmp_path):
    kafka = {"bootstrap.servers": "127.0.0.1:9", "sasl.mechansim": "PLAIN"}
    assert_one_sentence(run(name, "--config", config_file(tmp_path, kafka=kafka)), name,
                        "config.json", "sasl.mechansim", "did you mean sasl.mechanism?")


def test_a_value_that_a_property_of_kafka_cannot_have(tmp_path):
    kafka = {"bootstrap.servers": "127.0.0.1:9", "security.protocol": "tls"}
    assert_one_sentence(run("writer", "--config", config_file(tmp_path, kafka=kafka)), "writer",
                        "config.json", "security.protocol", "tls")


def with_cacert(directory):
    return config_file(directory, defaults={"cacert": str(directory / "none.pem")})


@WITH_CREDENTIALS
def test_a_certificate_that_cannot_be_read(name, tmp_path):
    assert_one_sentence(run(name, "--config", with_cacert(tmp_path)), name, "config.json", "aarhus",
                        "cacert", "none.pem", "No such file")


def test_who_reads_no_site_needs_no_certificate_of_one(tmp_path):
    result = run("reconciler", "--check", "--config", with_cacert(tmp_path))
    assert result.stdout.startswith("ok    config"), result.stdout
    assert "none.pem" not in result.stdout + result.stderr


def test_environment_overrides_the_file(tmp_path):
    result = run("writer", "--config", config_file(tmp_path), DPLSYNC_WRITER_MAX_ATTEMPTS="many")
    assert_one_sentence(result, "writer", "DPLSYNC_WRITER_MAX_ATTEMPTS")


# --check

def test_check_says_what_is_wrong_and_shows_no_secret(tmp_path):
    result = run("writer", "--check", "--config", config_file(tmp_path))
    assert result.returncode == 2
    lines = result.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["ok", "config"], ["wrong", "credentials"], ["wrong", "kafka"], ["wrong", "redis"]]
    assert "aarhus.username" in lines[1] and str(tmp_path / "credentials") in lines[1]
    assert "hidden" not in result.stdout + result.stderr


def test_check_of_half_a_log_in(tmp_path):
    path = config_file(tmp_path)
    tmp_path.joinpath("credentials", "aarhus.username").write_text("someone")
    result = run("writer", "--check", "--config", path)
    assert result.returncode == 2
    assert "aarhus.password is missing" in result.stdout


def test_check_of_a_bad_configuration(tmp_path):
    result = run("writer", "--check", "--config", config_file(tmp_path, kafka={}))
    assert result.returncode == 2
    assert result.stdout.startswith("wrong config") and "bootstrap.servers" in result.stdout


@EVERY
def test_check_of_what_works(name, pipeline):
    pipeline.add("aarhus", generate=1)
    result = run(name, "--check", "--config", pipeline.write_config())
    assert result.returncode == 0, result.stdout + result.stderr
    assert [line.split()[:2] for line in result.stdout.splitlines()] == [
        ["ok", what] for what in ("config", "credentials", "kafka", "redis")]


def test_check_of_services_that_do_not_answer(pipeline):
    pipeline.add("aarhus", generate=1)
    pipeline.config["redis"]["url"] = f"redis://127.0.0.1:{free_port()}/0"
    result = run("writer", "--check", "--config", pipeline.write_config())
    assert result.returncode == 1
    assert "wrong redis" in result.stdout and "ok    kafka" in result.stdout


def test_check_of_topics_with_other_partitions(pipeline):
    pipeline.add("aarhus", generate=1)
    pipeline.config["topics"]["partitions"] += 1
    result = run("writer", "--check", "--config", pipeline.write_config())
    assert result.returncode == 1
    assert "wrong kafka" in result.stdout and "partitions" in result.stdout


# running

@EVERY
def test_admin_port(name, pipeline):
    pipeline.add("aarhus", generate=1)
    pipeline.start(name)
    service = pipeline[name]
    assert service.get("/healthz") == (200, "ok\n")
    assert service.get("/readyz") == (200, "ready\n")
    assert json.loads(service.get("/version")[1])["service"] == f"dplsync-{name}"
    assert service.get("/nothing")[0] == 404
    assert service.metrics()["dplsync_config_municipalities"] == 1
    post = urllib.request.Request(f"http://127.0.0.1:{service.admin_port}/metrics", b"x")
    with pytest.raises(urllib.error.HTTPError, match="405"):
        urllib.request.urlopen(post, timeout=5)


@pytest.mark.parametrize("accepted, coding", [
    ("gzip", "gzip"), ("deflate, gzip;q=0.5", "gzip"), ("gzip;q=0", None), ("gzipped", None),
    (None, None)])
def test_metrics_are_compressed_for_who_takes_it(pipeline, accepted, coding):
    for number in range(40):
        pipeline.add_municipality(f"site-{number}", "http://127.0.0.1:9/")
    pipeline.start("fetcher")
    request = urllib.request.Request(f"http://127.0.0.1:{pipeline['fetcher'].admin_port}/metrics",
                                     headers={"Accept-Encoding": accepted} if accepted else {})
    with urllib.request.urlopen(request, timeout=5) as answer:
        body = answer.read()
        assert answer.headers.get("Content-Encoding") == coding
    text = (gzip.decompress(body) if coding else body).decode()
    names = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    assert {"dplsync_build_info", "dplsync_redis_up", "dplsync_fetcher_dead_letters_total"} <= names
    assert text.count("dplsync_fetcher_interval_seconds{") == 40
    assert text.endswith("\n")


@EVERY
def test_drained_is_zero(name, pipeline):
    pipeline.add("aarhus", generate=1)
    pipeline.start(name)
    assert pipeline.stop(name) == {name: 0}
    said = messages(pipeline[name])
    assert said[-1] == "drained"
    assert "draining" in said, "what was under way may be told between the two"


def test_topics_that_are_missing_end_it(pipeline):
    pipeline.add("aarhus", generate=1)
    pipeline.config["topics"]["prefix"] += "other."
    result = run("writer", "--config", pipeline.write_config())
    assert result.returncode == 1
    assert "dplsync topics create" in result.stdout


@WITH_CREDENTIALS
def test_missing_credentials_stop_only_their_municipality(name, pipeline):
    pipeline.add("aarhus", generate=1)
    pipeline.add("viborg", {"read_auth": "basic"}, generate=1)
    pipeline.credentials.joinpath("viborg.password").unlink()
    pipeline.start(name)
    wait_until(lambda: waiting(pipeline[name]) == "viborg", "the warning that names viborg")
    assert pipeline[name].get("/readyz")[0] == 200


# reload

def messages(service):
    return [line.get("message") for line in service.log_lines() if isinstance(line, dict)]


def waiting(service):
    for line in service.log_lines():
        if isinstance(line, dict) and "without credentials" in line.get("message", ""):
            return line["municipalities"]
    return None


def municipalities(service):
    return service.metrics().get("dplsync_config_municipalities")


@EVERY
def test_a_new_municipality_needs_no_restart(name, pipeline):
    pipeline.add("aarhus", generate=1)
    pipeline.start(name)
    pipeline.add("viborg", generate=1)
    pipeline.write_config()
    wait_until(lambda: municipalities(pipeline[name]) == 2, "two municipalities")


def test_a_bad_new_version_is_refused_and_the_old_one_stays(pipeline):
    pipeline.add("aarhus", generate=1)
    pipeline.start("writer")
    writer = pipeline["writer"]
    pipeline.add_municipality("viborg", "ftp://viborg.example")
    pipeline.write_config()
    wait_until(lambda: "configuration refused, the old one stays" in messages(writer), "the refusal")
    refusal = next(line for line in writer.log_lines()
                   if line.get("message", "").startswith("configuration refused"))
    assert "viborg" in refusal["error.message"] and "https://" in refusal["error.message"]
    assert municipalities(writer) == 1
    assert writer.metrics()["dplsync_config_reload_failures_total"] == 1
    assert writer.metrics()["dplsync_config_refused"] == 1

    pipeline.add("viborg", generate=1)
    pipeline.write_config()
    wait_until(lambda: municipalities(writer) == 2, "the mended version")
    assert writer.metrics()["dplsync_config_refused"] == 0


@pytest.mark.parametrize("section, setting, value, words", [
    ("kafka", "sasl.mechansim", "PLAIN", ["kafka", "sasl.mechansim"]),
    ("defaults", "cacert", "/nowhere/ca.pem", ["aarhus", "cacert", "/nowhere/ca.pem"]),
])
def test_what_would_keep_the_next_start_from_working_is_refused(pipeline, section, setting, value,
                                                                words):
    pipeline.add("aarhus", generate=1)
    pipeline.start("writer")
    writer = pipeline["writer"]
    pipeline.config[section][setting] = value
    pipeline.write_config()
    refusal = pipeline.wait(lambda: [line for line in writer.log_lines()
                                     if line["message"].startswith("configuration refused")],
                            "the refusal")[0]
    assert all(word in refusal["error.message"] for word in words), refusal
    assert writer.metrics()["dplsync_config_refused"] == 1


def test_a_changed_epoch_asks_for_a_restart(pipeline):
    pipeline.add("aarhus", generate=1)
    pipeline.start("writer")
    pipeline.config["topics"]["epoch"] = 2
    pipeline.write_config()
    wait_until(lambda: any(line.get("settings") == "topics.epoch"
                           for line in pipeline["writer"].log_lines()), "the warning")


def test_credentials_written_in_place_in_a_directory_of_their_own(pipeline):
    """The other layout, without a kubelet: neither the directory nor its time changes."""
    pipeline.add("aarhus", generate=1)
    for file in pipeline.credentials.iterdir():
        file.unlink()
    own = pipeline.credentials / "aarhus"
    own.mkdir()
    for half in ("username", "password"):
        (own / half).write_text("old")
    pipeline.start("writer")
    (own / "password").write_text("hidden")
    wait_until(lambda: "configuration replaced" in messages(pipeline["writer"]), "the reload")
    assert "hidden" not in pipeline["writer"].log_text()


def test_credentials_by_symlink_swap(pipeline):
    """As the kubelet does it: a new directory, and `..data` renamed onto it."""
    pipeline.add("aarhus", generate=1)
    for file in pipeline.credentials.iterdir():
        file.unlink()
    project(pipeline.credentials, "..1", {})
    for half in ("username", "password"):
        pipeline.credentials.joinpath(f"aarhus.{half}").symlink_to(f"..data/aarhus.{half}")
    pipeline.start("writer")
    wait_until(lambda: waiting(pipeline["writer"]) == "aarhus", "the warning that names aarhus")

    project(pipeline.credentials, "..2", {"aarhus.username": "someone",
                                          "aarhus.password": "hidden"})
    wait_until(lambda: "configuration replaced" in messages(pipeline["writer"]), "the reload")
    assert "hidden" not in pipeline["writer"].log_text()
