"""`dplsync console` and the browser that looks at it, as parts of a test; and a country of libraries
to look at, made up in Redis and Kafka without any service."""

import base64
import contextlib
import http.client
import json
import re
import time
from urllib.parse import urlencode

import redis
from selenium import webdriver
from selenium.webdriver.chrome.service import Service as DriverService

import parts
from parts import wait_until

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
UUID = "0f1c4a52-6b7e-4a6e-9a65-{:012x}"
LIBRARIES = """
aabenraa aalborg aarhus albertslund allerod assens ballerup billund bornholm brondby bronderslev
dragor egedal esbjerg fano favrskov faxe fredensborg fredericia frederiksberg frederikshavn
frederikssund fureso gentofte gladsaxe glostrup greve gribskov guldborgsund haderslev halsnaes
hedensted helsingor herlev herning hillerod hjorring hoje-taastrup holbaek holstebro horsens
horsholm hvidovre ikast-brande ishoj jammerbugt kalundborg kerteminde kobenhavn koge kolding laeso
langeland lejre lemvig lolland lyngby-taarbaek mariagerfjord middelfart morso norddjurs nordfyn
nyborg naestved odder odense odsherred randers rebild ringkobing-skjern ringsted rodovre roskilde
rudersdal samso silkeborg skanderborg skive slagelse solrod soro stevns struer svendborg syddjurs
sonderborg thisted tonder tarnby vallensbaek varde vejen vejle vesthimmerland viborg vordingborg aero
""".split()
HOSTILE = "<script>document.title='taken'</script>\u202egnp.evil"


class Console(parts.Console):
    """`dplsync console` on a pipeline's configuration, asked over HTTP."""

    def __init__(self, pipeline, actions=True, log="console", **settings):
        super().__init__(pipeline.config_path, pipeline.directory, actions=actions,
                         settings=settings, log=log)
        self.pipeline = pipeline

    def get(self, path, **headers):
        return self.ask("GET", path, headers=headers)

    def ask(self, method, path, body=None, headers=None):
        """The answer, read: status, headers (names in lower case), text. Host may be given."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            link.request(method, path, body, dict(headers or {}))
            answer = link.getresponse()
            answer.text = answer.read().decode()
            answer.fields = {name.lower(): value for name, value in answer.getheaders()}
            return answer
        finally:
            link.close()

    def session(self):
        """A browser's: its cookie, and the token of its forms."""
        answer = self.get("/confirm?action=refresh&municipality=aarhus")
        cookie = answer.fields["set-cookie"].partition(";")[0]
        again = self.get("/confirm?action=refresh&municipality=aarhus", Cookie=cookie)
        return cookie, re.search('name="token" value="([0-9a-f]+)"', again.text)[1]

    def post(self, fields, cookie=None, origin=None, **headers):
        """The one form, from the page itself where nothing else is said."""
        sent = {"Content-Type": "application/x-www-form-urlencoded",
                "Origin": self.address if origin is None else origin, **headers}
        if cookie:
            sent["Cookie"] = cookie
        return self.ask("POST", "/act", urlencode(fields), sent)

    def wait_text(self, path, text, timeout=15.0):
        wait_until(lambda: text in self.get(path).text, f"{path} to show {text!r}", timeout, 0.1)

    def log_lines(self):
        return [json.loads(line) for line in self.log_text().splitlines() if line.startswith("{")]


class Browser:
    """Debian's Chromium without a window. `script`: whether pages may have it."""

    def __init__(self, profile, width=1400, height=900, dark=False, script=True):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage",
                         "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}",
                         f"--window-size={width},{height}"):
            options.add_argument(argument)
        if not script:
            options.add_experimental_option(
                "prefs", {"profile.managed_default_content_settings.javascript": 2})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options, DriverService("/usr/bin/chromedriver"))
        self.driver.set_page_load_timeout(20)
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height,
                     deviceScaleFactor=1, mobile=False)
        self.command("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def command(self, name, **arguments):
        return self.driver.execute_cdp_cmd(name, arguments)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def open(self, address):
        self.driver.get(address)

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def one(self, selector):
        return self.driver.find_element("css selector", selector)

    def wait(self, predicate, what, timeout=15.0):
        def look():
            with contextlib.suppress(Exception):
                return predicate()
        return wait_until(look, what, timeout, 0.05)

    def shown_rows(self):
        return [row.get_attribute("id").removeprefix("m-") for row in self.all(".rows > details")]

    def complaints(self):
        """What the page's policy, or its script, made the browser say."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] in ("SEVERE", "WARNING") and "favicon" not in entry["message"]]

    def save(self, path):
        """A picture of the whole page."""
        size = self.command("Page.getLayoutMetrics")["cssContentSize"]
        picture = self.command("Page.captureScreenshot", captureBeyondViewport=True, clip={
            "x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 4000), "scale": 1})
        path.write_bytes(base64.b64decode(picture["data"]))
        return size["width"]


class Country:
    """Municipalities as their services would describe them, with the troubles of a bad morning."""

    def __init__(self, pipeline, names=LIBRARIES):
        self.pipeline = pipeline
        self.names = names
        self.partitions = {}
        self.now = int(time.time() * 1000)
        for name in names:
            pipeline.add_municipality(name, f"https://{name}.example", {"poll_interval": "10m"})

    def fill(self):
        link = redis.Redis(port=self.pipeline.redis.port, db=self.pipeline.database)
        with link, link.pipeline(transaction=False) as pipe:
            for number, name in enumerate(self.names):
                pipe.hset(f"{{{name}}}:status", mapping=self.status(number, name))
            pipe.execute()

    def status(self, number, name):
        age = (number * 37 % 600) * 1000
        return {
            "fetcher_outcome": "unchanged", "fetcher_reason": "", "fetcher_error": "",
            "fetcher_http_status": 304, "fetcher_last_attempt": self.now - age,
            "fetcher_last_success": self.now - age, "fetcher_failures": 0,
            "fetcher_paused_until": 0, "fetcher_events": 120 + number * 13 % 700,
            "fetcher_unreadable": 0, "fetcher_bytes": 480_000 + number * 7919,
            "reconciler_known": 120 + number * 13 % 700, "reconciler_held": 0,
            "reconciler_hold": "", "reconciler_hold_reason": "", "reconciler_candidates": 0,
            "reconciler_last_applied": self.now - age - HOUR_MS,
            "reconciler_as_of": self.now - age - HOUR_MS, "reconciler_version": 1 << 40,
            "writer_waiting": 0, "writer_oldest": 0, "writer_breaker": "closed",
            "writer_breaker_until": 0, "writer_paused_until": 0,
            "writer_credentials_rejected": 0, "writer_credentials_missing": 0,
            "writer_probe_at": 0, "writer_last_outcome": "applied",
            "writer_last_outcome_at": self.now - number * 97_000 % DAY_MS, "writer_at": self.now,
            **{f"reconciler_known_h{hour % 25:02d}": f"{hour} {120 + number * 13 % 700 + hour % 7}"
               for hour in range(self.now // HOUR_MS - 24, self.now // HOUR_MS, 3)},
            **self.troubles().get(name, {}),
        }

    def troubles(self):
        now = self.now
        return {
            "odense": {"reconciler_held": 31, "reconciler_hold": "9f3c01d277ab4a52",
                       "reconciler_hold_reason": "too-many", "reconciler_hold_since": now - HOUR_MS},
            "fano": {"writer_credentials_rejected": 1, "writer_breaker": "open",
                     "writer_probe_at": now + 40 * MINUTE_MS, "writer_waiting": 12,
                     "writer_oldest": now - 3 * HOUR_MS},
            "samso": {"fetcher_last_success": now - 5 * HOUR_MS, "fetcher_outcome": "failed",
                      "fetcher_failures": 9, "fetcher_http_status": 503,
                      "fetcher_error": "the site answered 503: it has trouble of its own"},
            "laeso": {"writer_breaker": "open", "writer_breaker_until": now + 4 * MINUTE_MS,
                      "writer_waiting": 1042, "writer_oldest": now - 50 * MINUTE_MS},
            "vejle": {"fetcher_paused_until": now + 20 * MINUTE_MS},
            "aero": {"fetcher_last_success": 0, "fetcher_last_attempt": 0},
        }

    def partition(self, name):
        """All records of a municipality are in the one that its id alone leads to."""
        if name not in self.partitions:
            self.partitions[name] = self.pipeline.topics.send("control", name, {})[0]
        return self.partitions[name]

    def results(self, name, count=24):
        """The newest last, a minute apart."""
        for number in range(count):
            finished = self.now - (count - number) * MINUTE_MS
            uuid = UUID.format(number)
            took = 300 + number * number * 7
            self.pipeline.topics.send("results", f"{name}/{uuid}", partition=self.partition(name), value={
                "municipality": name, "uuid": uuid, "version": (1 << 40) + number,
                "outcome": "dead" if number == 5 else "applied", "status": 422 if number == 5 else 200,
                **({"reason": "rejected-by-cms"} if number == 5 else {}), "attempts": 1,
                "idempotency_key": f"{number:032x}", "wished_at": rfc3339(finished - took),
                "finished_at": rfc3339(finished), "state": "SoldOut",
                "wish": {"state": {"value": "SoldOut", "version": (1 << 40) + number,
                                   "status": "confirmed"}, "serial": 0}})

    def dead_letter(self, name, number=1, reason="rejected-by-cms", detail="the site answered 422"):
        uuid = UUID.format(number)
        value = {"municipality": name, "uuid": uuid, "state": "SoldOut"}
        version = (1 << 40) + number
        return self.pipeline.topics.send("dead-letters", name, value, partition=self.partition(name), headers={
            "dplsync-reason": reason, "dplsync-detail": detail,
            "dplsync-topic": self.pipeline.topics.name("updates"), "dplsync-partition": "0",
            "dplsync-offset": str(number), "dplsync-municipality": name, "dplsync-uuid": uuid,
            "dplsync-version": str(version), "dplsync-attempts": "1", "dplsync-status": "422",
            "dplsync-first-failed-at": rfc3339(self.now - HOUR_MS),
            "dplsync-last-failed-at": rfc3339(self.now - HOUR_MS)})


def rfc3339(ms):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000)) + f".{ms % 1000:03d}Z"
