"""dplsync as it runs in production, small: the three programs on real Kafka and Redis, against
simulated sites. It owns the configuration, the credentials and the topics of one test."""

import contextlib
import json

import redis
from confluent_kafka import KafkaException

from parts import Service, wait_until
from topics import Topics

PROGRAMS = ("fetcher", "reconciler", "writer")
USERNAME, PASSWORD = "external-system", "secret"


class Pipeline:
    """
        pipeline.add("aarhus", generate=5)      a simulated site and its municipality
        pipeline.start()                        all three programs
        pipeline.send("aarhus", uuid=..., state="SoldOut")
        pipeline.wait(lambda: pipeline.results(), "a result")
    """

    def __init__(self, kafka, redis, site, directory, prefix, database=0, partitions=6):
        self.kafka, self.redis, self.site = kafka, redis, site
        self.directory = directory
        self.topics = Topics(kafka, prefix, partitions)
        self.database = database
        self.config_path = directory / "config.json"
        self.credentials = directory / "credentials"
        self.credentials.mkdir(parents=True)
        self.services = {}
        self.municipalities = {}
        self.vendor_partition = None
        self.config = {
            "kafka": {"bootstrap.servers": kafka.bootstrap},
            "redis": {"url": f"redis://127.0.0.1:{redis.port}/{database}"},
            "topics": {"prefix": prefix, "epoch": 1, "partitions": partitions},
            "credentials_dir": str(self.credentials),
            "contact": "tests@vendor.example",
            "defaults": {"poll_interval": "300ms", "allow_insecure_http": True,
                         "allow_private_addresses": True},
        }

    # setting up
    def add(self, name, settings=None, **site):
        """A simulated site (`site`: how it is created) and its municipality (`settings`)."""
        handle = self.site.control.create(name, username=USERNAME, password=PASSWORD, **site)
        self.add_municipality(name, handle.base_url, settings)
        return handle

    def add_municipality(self, name, base_url, settings=None):
        self.municipalities[name] = {"id": name, "base_url": base_url, **(settings or {})}
        self.set_credentials(name, USERNAME, PASSWORD)

    def set_credentials(self, name, username, password):
        (self.credentials / f"{name}.username").write_text(username)
        (self.credentials / f"{name}.password").write_text(password)

    def write_config(self):
        """Under another name first, so that a running program never reads half of it."""
        config = {**self.config, "municipalities": list(self.municipalities.values())}
        part = self.config_path.with_suffix(".part")
        part.write_text(json.dumps(config, indent=2))
        part.rename(self.config_path)
        return self.config_path

    # running
    def service(self, name, log=None, **settings):
        """A program that is not started yet; `log` names a second one of its kind."""
        service = Service(f"dplsync-{name}", self.config_path, self.directory,
                          settings=settings, log=log)
        self.services[log or name] = service
        return service

    def start(self, *names, wait=True, **settings):
        self.write_config()
        for name in names or PROGRAMS:
            if name not in self.services:
                self.service(name, **settings)
            self.services[name].start(wait=False)
        if wait:
            for name in names or PROGRAMS:
                self.services[name].wait_ready()

    def stop(self, *names):
        """Exit codes by program."""
        return {name: self.services[name].stop() for name in names or list(self.services)}

    def close(self):
        """Its topics go too: a broker with a thousand partitions takes long to come back."""
        self.stop()
        if self.kafka.alive:
            with contextlib.suppress(KafkaException):
                self.topics.delete()
        self.topics.close()

    def __getitem__(self, name):
        return self.services[name]

    # the vendor's side
    def send(self, municipality, headers=None, **update):
        """An update, as a vendor sends it; its place."""
        return self.topics.send("updates", municipality, {"municipality": municipality, **update},
                                headers, self.vendor_partition)

    def use_another_partitioner(self, municipality):
        """From now on the vendor's updates land in a partition that is not the municipality's."""
        own, _ = self.command(municipality, command="refresh", id="where-it-is")
        self.vendor_partition = (own + 1) % self.topics.partitions

    def command(self, municipality, **command):
        return self.topics.send("control", municipality, command)

    def changes(self, municipality=None, op=None, uuid=None):
        """The changes so far, without tombstones and completion records (op "snapshot" asks for
        those)."""
        found = [record.json for record in self.topics.read("changes") if record.value is not None]
        return [change for change in found
                if (municipality is None or change["municipality"] == municipality) and
                (change["op"] == op if op else change["op"] != "snapshot") and
                (uuid is None or change.get("uuid") == uuid)]

    def results(self, municipality=None, uuid=None):
        found = [record.json for record in self.topics.read("results") if record.value is not None]
        return [result for result in found
                if (municipality is None or result["municipality"] == municipality) and
                (uuid is None or result["uuid"] == uuid)]

    def dead_letters(self):
        """Records, with the reason and the rest in their headers."""
        return self.topics.read("dead-letters")

    def redis_status(self, municipality):
        """What the programs keep for the operator, {m}:status."""
        with redis.Redis(port=self.redis.port, db=self.database, decode_responses=True) as link:
            return link.hgetall(f"{{{municipality}}}:status")

    def vendor_table(self, municipality):
        """The events that a vendor has who follows the version rule, by uuid."""
        newest = {}
        for change in self.changes(municipality):
            seen = newest.get(change["uuid"])
            if seen is None or change["version"] > seen["version"]:
                newest[change["uuid"]] = change
        return {uuid: change["event"] for uuid, change in newest.items()
                if change["op"] != "delete"}

    def wait(self, predicate, what, timeout=30.0):
        """The first true answer; at once a failure if a program died meanwhile."""
        def look():
            for service in self.services.values():
                assert service.process is None or service.alive or service.expected_end, \
                    f"{service.name} ended with exit code {service.process.returncode}:\n" \
                    f"{service.log_tail()}"
            return predicate()
        return wait_until(look, what, timeout)
