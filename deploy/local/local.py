"""dplsync on one machine: starts every part, shows what happens, stops them all. See `run`.

Without --config: three simulated library sites and the example vendor; an editor's and a vendor's day
is played on each site until the loop has closed, and then goes on at leisure.
With --config: the real sites of that configuration, on a Kafka and a Redis of this machine.
"""

import argparse
import json
import os
import random
import signal
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tests" / "support"))

from parts import Console, Failure, Kafka, Part, Redis, Service, Site, Workspace, run_or_fail, wait_until  # noqa: E402
from story import Story  # noqa: E402

SERVICES = ("fetcher", "reconciler", "writer")
SITES = {"aarhus": 14, "viborg": 9, "odense": 11}  # with so many events each
PASSWORD = "kun-til-lokal-brug"
STEP_SECONDS = 60
REST_SECONDS = 20

FRESH_TITLES = ("Forfatteraften: Helle Helle", "Lektiecafé i Krystalsalen", "Koncert: Strygerne spiller",
                "Babyrytmik på gulvet", "Foredrag: Nordlys", "Brætspil for alle", "Strik og snak")


class Vendor(Part):
    """The example vendor, as a process."""

    def __init__(self, kafka, directory):
        super().__init__("vendor", directory)
        self.kafka = kafka

    def command(self):
        return [sys.executable, HERE / "vendor.py", "--bootstrap-servers", self.kafka.bootstrap,
                "--database", self.directory / "vendor.sqlite", "--sell-out-after", "4"]


class Stage:
    """All parts of a run. `close` stops them, newest first."""

    def __init__(self, build, workspace):
        self.build, self.workspace = build, workspace
        self.kafka = self.redis = self.story = self.console = None
        self.services = []

    def start_stores(self):
        print("Starting Kafka and Redis ...", flush=True)
        self.kafka = Kafka(self.workspace.directory("kafka"))
        self.redis = Redis(self.workspace.directory("redis"))
        self.redis.start()
        self.kafka.start()

    def start_services(self, config):
        run_or_fail("The topics could not be created",
                    [self.build / "bin" / "dplsync", "topics", "create", "--config", config])
        print("Starting the fetcher, the reconciler and the writer ...", flush=True)
        for name in SERVICES:
            service = Service(f"dplsync-{name}", config, self.workspace.directory(name), build=self.build)
            self.services.append(service)
            service.start(wait=False)
        self.console = Console(config, self.workspace.directory("console"), build=self.build)
        self.console.start(wait=False)
        for service in (*self.services, self.console):
            service.wait_ready()

    def check(self):
        """A part that ended by itself is said, with the end of its log."""
        for part in (*self.services, self.console):
            if not part.alive:
                raise Failure(f"{part.name} ended by itself. The end of its log:\n{part.log_tail()}")

    def close(self):
        if self.story:
            self.story.stop()
        Part.stop_all()


class Play(threading.Thread):
    """One site's day: an event appears, is linked, sold out and withdrawn; then on at leisure."""

    def __init__(self, site, story, delay):
        super().__init__(daemon=True)
        self.site, self.story, self.delay = site, story, delay
        self.closed = threading.Event()
        self.trouble = None
        self.stopping = threading.Event()

    def run(self):
        try:
            time.sleep(self.delay)
            self.loop()
            self.closed.set()
            while not self.stopping.wait(REST_SECONDS * random.uniform(0.7, 1.5)):
                self.loop()
        except Failure as failure:
            self.trouble = str(failure)
            self.closed.set()

    def loop(self):
        began = time.monotonic()
        title = random.choice(FRESH_TITLES)
        start = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(hours=3)
        uuid = self.site.add_event(title=title, date_time={
            "start": start.isoformat(), "end": (start + timedelta(hours=2)).isoformat()})["uuid"]
        self.say(f"an editor publishes “{title}”")
        self.wait_told(uuid, "create")
        self.wait_shown(uuid, lambda event: event["external_data"].get("url"),
                        lambda link: f"“{title}” shows the ticket link {link}")
        self.wait_shown(uuid, lambda event: event.get("state") == "SoldOut",
                        lambda _: f"“{title}” is shown as sold out")
        self.site.unpublish(uuid)
        self.say(f"an editor withdraws “{title}”")
        self.wait_told(uuid, "delete")
        self.say(f"the loop has closed in {time.monotonic() - began:.0f} s: told, linked, sold out, withdrawn, told")

    def say(self, text):
        self.story.say(self.site.name, "site", text)

    def wait_told(self, uuid, op):
        def is_it(message):
            body = message["body"]
            return message["topic"] == "changes" and body and body.get("uuid") == uuid and body["op"] == op
        if not self.story.wait_for(is_it, STEP_SECONDS):
            raise Failure(f"{self.site.name}: the vendor was not told of the {op} within {STEP_SECONDS} s")

    def wait_shown(self, uuid, look, words):
        found = wait_until(lambda: look(self.site.event(uuid)),
                           f"{self.site.name}: event {uuid} to show what the vendor wished", STEP_SECONDS, 0.1)
        self.say(words(found))


def write_config(path, kafka, redis, **rest):
    path.write_text(json.dumps({"kafka": {"bootstrap.servers": kafka.bootstrap}, "redis": {"url": redis.url},
                                **rest}, indent=2, ensure_ascii=False))
    return path


def simulated_config(stage, sites):
    credentials = stage.workspace.directory("credentials")
    for name in SITES:
        (credentials / f"{name}.username").write_text("ticket-vendor")
        (credentials / f"{name}.password").write_text(PASSWORD)
    return write_config(
        stage.workspace.path / "config.json", stage.kafka, stage.redis,
        credentials_dir=str(credentials), contact="drift@vendor.example",
        topics={"partitions": 6},
        defaults={"poll_interval": "1s", "allow_insecure_http": True, "allow_private_addresses": True,
                  "write_rate": 20, "write_burst": 20},
        municipalities=[{"id": name, "base_url": sites.base_url(name)} for name in SITES])


def real_config(stage, path):
    """The user's configuration, with our Kafka and Redis; paths in it stay relative to where it is."""
    try:
        config = json.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise Failure(f"{path} cannot be used: {error}") from None
    for name in ("credentials_dir", "municipalities_file"):
        if name in config:
            config[name] = str((Path(path).resolve().parent / config[name]))
    config.pop("kafka", None)
    config.pop("redis", None)
    return write_config(stage.workspace.path / "config.json", stage.kafka, stage.redis, **config)


def show_simulation(stage, colour, goes_on):
    sites = Site(stage.workspace.directory("sites"), build=stage.build)
    sites.start()
    handles = [sites.control.create(name, generate=count, number=number, future=True,
                                    username="ticket-vendor", password=PASSWORD)
               for number, (name, count) in enumerate(SITES.items(), 1)]
    stage.start_services(simulated_config(stage, sites))
    began = time.monotonic()
    print(f"\nThree simulated libraries ({', '.join(SITES)}), an example vendor, and what happens:\n", flush=True)
    stage.story = Story(stage.kafka.bootstrap, colour=colour)
    Vendor(stage.kafka, stage.workspace.directory("vendor")).start()
    plays = [Play(handle, stage.story, delay=5 + 1.5 * number) for number, handle in enumerate(handles)]
    for play in plays:
        play.start()
    for play in plays:
        wait_until(lambda: stage.check() or play.closed.is_set(), "a loop to close", 5 * STEP_SECONDS, 0.2)
        if play.trouble:
            raise Failure(play.trouble)
    seconds = time.monotonic() - began
    stage.story.catch_up()
    print(f"\nThe loop has closed for all {len(plays)} libraries after {seconds:.0f} s.", flush=True)
    say_where_to_look(stage, goes_on)
    return plays


def say_where_to_look(stage, goes_on):
    for service in stage.services:
        print(f"  {service.name:<19} {service.resident_kb() / 1024:4.1f} MB resident   "
              f"http://127.0.0.1:{service.admin_port}/metrics   log {service.log_path}")
    print(f"  The operator's page: {stage.console.address}")
    print(f"  Kafka {stage.kafka.bootstrap}, Redis {stage.redis.url}, all files in {stage.workspace.path}")
    if goes_on:
        print("It goes on. Ctrl-C stops all of it and removes the files.\n", flush=True)


def show_real(stage, path, colour):
    stage.start_services(real_config(stage, path))
    print("\nThe sites of your configuration, and what happens. Nothing is written to a site before "
          "somebody\nsends updates: schemas/README.md says how a vendor does.\n", flush=True)
    say_where_to_look(stage, goes_on=True)
    stage.story = Story(stage.kafka.bootstrap, prefix=prefix_of(path), colour=colour)
    return []


def prefix_of(path):
    return json.loads(Path(path).read_text()).get("topics", {}).get("prefix", "dplsync.")


def run(arguments, stage):
    stage.start_stores()
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    if arguments.config:
        plays = show_real(stage, arguments.config, colour)
    else:
        plays = show_simulation(stage, colour, goes_on=not arguments.until_closed)
    if arguments.until_closed:
        return
    while True:
        time.sleep(1)
        stage.check()
        for play in plays:
            if play.trouble:
                raise Failure(play.trouble)


def main():
    parser = argparse.ArgumentParser(prog="deploy/local/run", description=__doc__.split("\n\n")[0])
    parser.add_argument("--config", metavar="FILE", help="the real sites of this configuration, instead of simulated ones")
    parser.add_argument("--until-closed", action="store_true", help="end when the loop has closed for all sites")
    parser.add_argument("--build", type=Path, required=True, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's "&" has it ignored
    with Workspace("local") as workspace:
        stage = Stage(arguments.build, workspace)
        try:
            run(arguments, stage)
        except KeyboardInterrupt:
            print("\nStopping ...", flush=True)
        except Failure as failure:
            workspace.keep = True
            print(f"\n{failure}\nThe files of this run were kept: {workspace.path}", file=sys.stderr)
            return 1
        finally:
            stage.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
