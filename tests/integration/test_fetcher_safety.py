"""What a fetcher must not be led to: other hosts, internal addresses, other people's certificates, and
what a wrong clock would make of it."""

import http.server
import subprocess
import threading
import urllib.request

import pytest

from fetching import reads, snapshots, start_with, wait_failure, wait_snapshots
from parts import Site, build_directory



def make_certificate(directory, name, *, began=None, host="localhost"):
    """A certificate that signs itself, valid for a day from now, or from `began` on."""
    chain, key = directory / f"{name}.pem", directory / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
               "-nodes", "-days", "1", "-subj", f"/CN={host}",
               "-addext", f"subjectAltName=DNS:{host},IP:127.0.0.1", "-keyout", key, "-out", chain]
    subprocess.run((["faketime", began] if began else []) + command, check=True, capture_output=True)
    return chain, key


@pytest.fixture(scope="module")
def certificates(workspace):
    directory = workspace.directory("certificates")
    return {"good": make_certificate(directory, "good"),
            "expired": make_certificate(directory, "expired", began="2020-01-01"),
            "stranger": make_certificate(directory, "stranger")}


@pytest.fixture
def https_site(workspace, certificates):
    """Starts a process of sites that speaks https with the certificate of that name."""
    started = []

    def start(name):
        started.append(Site(workspace.directory(f"https-{name}"), name=f"https-{name}",
                            certificate=certificates[name]))
        return started[-1].start()

    yield start
    for site in started:
        site.stop()


def add_https(pipeline, site, certificate, name="aarhus", host="127.0.0.1", **settings):
    handle = site.control.create(name, generate=3, username="external-system", password="secret")
    pipeline.add_municipality(name, handle.base_url.replace("127.0.0.1", host),
                              {"cacert": str(certificate[0]), **settings})
    return handle


class TestCertificates:
    def test_a_site_is_read_over_tls_with_its_own_authority(self, pipeline, https_site, certificates):
        handle = add_https(pipeline, https_site("good"), certificates["good"], host="localhost")
        pipeline.start("fetcher")
        wait_snapshots(pipeline, "aarhus", 3)
        assert reads(handle)[0]["user"] == "external-system"

    @pytest.mark.parametrize("served, trusted, says", [
        ("expired", "expired", "expired"), ("stranger", "good", "certificate")])
    def test_a_certificate_that_is_expired_or_unknown_ends_it(self, pipeline, https_site, certificates,
                                                              served, trusted, says):
        handle = add_https(pipeline, https_site(served), certificates[trusted])
        pipeline.add("viborg", generate=2)
        pipeline.start("fetcher")
        assert says in wait_failure(pipeline, "aarhus", "not-reached")["error.message"]
        wait_snapshots(pipeline, "viborg", 3)
        assert not snapshots(pipeline, "aarhus") and not reads(handle)

    def test_a_certificate_of_another_host_ends_it(self, pipeline, https_site, certificates):
        handle = add_https(pipeline, https_site("good"), certificates["good"], host="127.0.0.3")
        pipeline.start("fetcher")
        wait_failure(pipeline, "aarhus", "not-reached")
        assert not reads(handle)


class TestRedirects:
    def test_to_the_same_host_it_is_followed(self, pipeline, https_site, certificates):
        handle = add_https(pipeline, https_site("good"), certificates["good"])
        handle.redirect(handle.base_url + "/api/v1/events?_format=json&moved", count=1)
        pipeline.start("fetcher")
        assert len(wait_snapshots(pipeline, "aarhus", 1)[0].json) == 3
        assert "&moved" in reads(handle)[1]["url"]

    @pytest.mark.parametrize("location", [
        "https://localhost:{port}/aarhus/api/v1/events", "http://127.0.0.1:{port}/aarhus/api/v1/events",
        "file:///etc/passwd", "https://169.254.169.254/latest/meta-data/"],
        ids=["another_host", "from_https_to_http", "a_file", "an_internal_address"])
    def test_elsewhere_it_is_not(self, pipeline, https_site, certificates, location):
        site = https_site("good")
        handle = add_https(pipeline, site, certificates["good"])
        handle.redirect(location.format(port=site.port))
        pipeline.start("fetcher")
        wait_failure(pipeline, "aarhus", "redirect")
        assert not snapshots(pipeline, "aarhus")
        assert all(entry["status"] == 302 for entry in reads(handle))


class TestAddresses:
    def test_a_name_that_resolves_to_an_internal_address_is_not_connected_to(self, pipeline):
        """The metadata service of a cloud, under a name of its own; link-local is refused even where
        private addresses are allowed."""
        pipeline.directory.joinpath("hosts").write_text("169.254.169.254 metadata.example\n"
                                                        "10.1.2.3 intranet.example\n")
        pipeline.add_municipality("metadata", "http://metadata.example")
        pipeline.add_municipality("intranet", "http://intranet.example",
                                  {"allow_private_addresses": False})
        pipeline.add("viborg", generate=2)
        pipeline.service("fetcher", LD_PRELOAD="libnss_wrapper.so",
                         NSS_WRAPPER_HOSTS=str(pipeline.directory / "hosts"))
        pipeline.start("fetcher")
        assert "169.254.169.254" in wait_failure(pipeline, "metadata", "not-reached")["error.message"]
        assert "10.1.2.3" in wait_failure(pipeline, "intranet", "not-reached")["error.message"]
        wait_snapshots(pipeline, "viborg", 3)


class Proxy(http.server.ThreadingHTTPServer):
    """Forwards GETs of http, and remembers them."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Forward)
        self.asked = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Forward(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        with urllib.request.urlopen(self.path, timeout=10) as answer:
            body = answer.read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_a_proxy_is_used_by_its_municipality_alone(pipeline):
    with Proxy() as proxy:
        pipeline.add("aarhus", {"proxy": proxy.url}, generate=2)
        pipeline.add("viborg", generate=2)
        pipeline.start("fetcher", http_proxy="http://127.0.0.1:9", HTTP_PROXY="http://127.0.0.1:9")
        wait_snapshots(pipeline, "aarhus", 2)
        wait_snapshots(pipeline, "viborg", 2)
        assert proxy.asked and all("/aarhus/" in url for url in proxy.asked)
        proxy.shutdown()


class TestTheClock:
    def start(self, pipeline, seconds, **options):
        pipeline.add("aarhus", generate=2)
        pipeline.service("fetcher", LD_PRELOAD=str(build_directory() / "lib" / "shifted_clock.so"),
                         DPLSYNC_TEST_CLOCK_S=str(seconds))
        pipeline.start("fetcher", **options)

    @pytest.mark.parametrize("seconds, says", [(60, "ahead of"), (-60, "behind")])
    def test_a_wrong_clock_is_said_and_is_not_ready(self, pipeline, seconds, says):
        self.start(pipeline, seconds, wait=False)
        wait_snapshots(pipeline, "aarhus", 2)
        status, why = pipeline.wait(lambda: (answer := pipeline["fetcher"].get("/readyz"))[0] == 503 and
                                    "clock" in answer[1] and answer, "it to say that it is not ready")
        assert says in why and any(f"{least}." in why for least in (59, 60))
        assert any(line.get("message") == "the clock is wrong" for line in pipeline["fetcher"].log_lines()
                   if isinstance(line, dict))

    def test_four_seconds_are_no_harm(self, pipeline):
        self.start(pipeline, 4)
        wait_snapshots(pipeline, "aarhus", 3)
        assert pipeline["fetcher"].get("/readyz")[0] == 200
        assert pipeline["fetcher"].metrics()["dplsync_fetcher_clock_ahead_seconds"] > 3
