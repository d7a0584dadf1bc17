"""The real parts that tests and deploy/local/run work with: Kafka, Redis, the simulated site and
the programs themselves.

Each class owns one process with its port, its directory and its log file. All have the same verbs:
start, stop (asks politely), kill (does not), restart, pause and resume (SIGSTOP, SIGCONT), and each
is a context manager. Nothing outlives the Python process that started it: a normal end stops every
part, and if Python itself is killed the kernel kills them (PR_SET_PDEATHSIG). For that reason parts
are to be started from the main thread.

Only the standard library is used here, so that the first run needs nothing but Python 3.11.
"""

import atexit
import contextlib
import fcntl
import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from site_control import SiteControl

SUPPORT = Path(__file__).resolve().parent
ROOT = SUPPORT.parent.parent
KAFKA_VERSION = "4.3.1"

__all__ = ["Console", "Failure", "Kafka", "Part", "Redis", "Sentinel", "Service", "Site", "SiteControl", "Workspace",
           "build_directory", "cache_directory", "free_port", "wait_until"]


class Failure(Exception):
    """Something that a person has to read; its text is the whole message."""


def cache_directory():
    """Where what was downloaded once is kept, outside of the source tree."""
    path = os.environ.get("DPLSYNC_CACHE") or Path.home() / ".cache" / "dplsync"
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    return path


def build_directory():
    """Where the programs were built; tests/run says it through the environment."""
    return Path(os.environ.get("DPLSYNC_BUILD") or ROOT / "build" / "tests").resolve()


def wait_until(predicate, what, timeout=30.0, interval=0.02):
    """The first true answer of `predicate`; a Failure that names `what` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        answer = predicate()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise Failure(f"waited {timeout:g} s in vain: {what}")
        time.sleep(interval)


_given_ports = set()


def free_port():
    """A port of 127.0.0.1 that nobody listens on, never the same twice.

    It lies below the range from which the kernel takes ports for outgoing connections: a broker
    that is killed must find its port free when it comes back.
    """
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for _ in range(1000):
        port = random.SystemRandom().randrange(10240, lowest) if lowest > 12000 else 0
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            port = probe.getsockname()[1]
        if port not in _given_ports:
            _given_ports.add(port)
            return port
    raise Failure("no free port on 127.0.0.1")


class Workspace:
    """A private directory for the files of a run; removed at its end unless `keep` is set."""

    def __init__(self, name="run", keep=None):
        self.keep = bool(os.environ.get("DPLSYNC_KEEP")) if keep is None else keep
        self.path = Path(tempfile.mkdtemp(prefix=f"dplsync-{name}-"))
        atexit.register(self.close)

    def directory(self, name):
        path = self.path / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def close(self):
        if not self.keep:
            shutil.rmtree(self.path, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Part:
    """One process of ours. What it prints goes to <directory>/<name>.log."""

    start_timeout = 30.0
    stop_timeout = 15.0
    port_tries = 5
    _running = []  # newest last: they are stopped in reverse

    def __init__(self, name, directory):
        self.name = name
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.log_path = self.directory / f"{name}.log"
        self.process = None
        self.ready_once = False
        self.expected_end = False  # stopped by us, or allowed to end

    # What a kind of part says about itself.
    def command(self):
        raise NotImplementedError

    def environment(self):
        return {}

    def prepare(self):
        """Write what the process will read. Called before every start."""

    def is_ready(self):
        return True

    def take_ports(self):
        """Choose ports. Called before the first start, and again if that failed."""

    # The verbs.
    @property
    def alive(self):
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self):
        return self.process.pid

    def start(self, wait=True):
        if self.alive:
            return self
        tries = 1 if self.ready_once else self.port_tries
        for attempt in range(1, tries + 1):
            if not self.ready_once:
                self.take_ports()
            self._launch()
            if not wait:
                return self
            try:
                self.wait_ready()
                return self
            except Failure:
                died = not self.alive
                self.kill()
                # Another program can take a port between our look and the start.
                if not (died and self._port_was_taken() and attempt < tries):
                    raise
        return self

    def _launch(self):
        self.prepare()
        self.expected_end = False
        with open(self.log_path, "ab") as log:
            self._log_start = log.tell()
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *map(str, self.command())],
                stdin=subprocess.DEVNULL, stdout=self.output(log), stderr=log, cwd=self.directory,
                env={**os.environ, **self.environment()}, start_new_session=True)
        Part._running.append(self)

    def output(self, log):
        return log

    def wait_ready(self, timeout=None):
        wait_until(lambda: not self.alive or self.is_ready(), f"{self.name} to become ready"
                   f"; its log is {self.log_path}", timeout or self.start_timeout)
        if not self.alive:
            raise Failure(f"{self.name} ended with exit code {self.process.returncode} instead of "
                          f"becoming ready:\n{self.log_tail()}")
        self.ready_once = True

    def stop(self, timeout=None):
        """SIGTERM, and SIGKILL after `timeout` seconds. The exit code."""
        if self.alive:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(timeout or self.stop_timeout)
            except subprocess.TimeoutExpired:
                pass
        return self.kill()

    def kill(self):
        """SIGKILL to it and all it started. The exit code."""
        self.expected_end = True
        if self.process is None:
            return None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        code = self.process.wait()
        with contextlib.suppress(ValueError):
            Part._running.remove(self)
        return code

    def restart(self, wait=True):
        self.stop()
        return self.start(wait)

    def pause(self):
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)

    def signal(self, number):
        if self.alive:
            os.kill(self.process.pid, number)

    def wait(self, timeout=30.0):
        """The exit code of a part that ends by itself."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} still runs after {timeout:g} s") from None

    def resident_kb(self):
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0

    def cpu_seconds(self):
        """What all its threads have used since it was started."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def log_text(self, since_start=False):
        with open(self.log_path, "rb") as log:
            log.seek(self._log_start if since_start else 0)
            return log.read().decode("utf-8", "replace")

    def log_tail(self, lines=20):
        return "\n".join(self.log_text(since_start=True).splitlines()[-lines:])

    def _port_was_taken(self):
        return "address already in use" in self.log_text(since_start=True).lower()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    @staticmethod
    def stop_all():
        while Part._running:
            Part._running[-1].stop(timeout=5)


atexit.register(Part.stop_all)


class Kafka(Part):
    """Apache Kafka, one node, broker and controller in one process (KRaft).

    `properties` are added to its configuration. After kill() or stop(), start() goes on with the
    same data on the same ports; wipe() makes the next start a new, empty cluster.
    """

    start_timeout = 120.0  # recovery after kill(), on a busy machine
    CLUSTER = "ZHBsc3luYy10ZXN0cy0wMQ"

    def __init__(self, directory, name="kafka", properties=None, heap="512m", jvm_options=None):
        super().__init__(name, directory)
        self.properties = properties or {}
        self.heap = heap
        # A short life is better spent without the second compiler; a benchmark passes [].
        self.jvm_options = ["-XX:TieredStopAtLevel=1"] if jvm_options is None else jvm_options
        self.data = self.directory / "data"
        self.port = self.controller_port = None

    @property
    def bootstrap(self):
        return f"127.0.0.1:{self.port}"

    def take_ports(self):
        self.port, self.controller_port = free_port(), free_port()

    def prepare(self):
        home = kafka_home()
        if not self.data.exists():
            shutil.copytree(home / "formatted", self.data)
        write_properties(self.directory / "server.properties", {
            **kafka_identity(self.data, self.port, self.controller_port),
            "auto.create.topics.enable": "false",
            "group.initial.rebalance.delay.ms": 0,
            "group.min.session.timeout.ms": 1000,
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 8,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 4,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            # A broker that was killed is let in again when its old session ends (9 s by default).
            "broker.session.timeout.ms": 2000,
            "broker.heartbeat.interval.ms": 200,
            # Cleaning within a second or two, so that compaction and retention can be tested.
            "log.initial.task.delay.ms": 500,
            "log.retention.check.interval.ms": 1000,
            "log.segment.delete.delay.ms": 1000,
            "log.cleaner.backoff.ms": 500,
            "log.cleaner.min.cleanable.ratio": 0.01,
            "log.cleaner.dedupe.buffer.size": 8 << 20,
            **self.properties,
        })

    def command(self):
        return [*java(kafka_home(), self.heap, *self.jvm_options), "kafka.Kafka",
                self.directory / "server.properties"]

    def is_ready(self):
        return kafka_answers(self.port)

    def wipe(self):
        self.kill()
        shutil.rmtree(self.data, ignore_errors=True)


def kafka_identity(data, port, controller_port):
    return {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": data,
    }


def write_properties(path, properties):
    path.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))


def java(home, heap, *options):
    if not shutil.which("java"):
        raise Failure("no java here; tests/support/install run installs it")
    return ["java", f"-Xmx{heap}", "-XX:+UseSerialGC", *options,
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
            "-cp", f"{home}/jars/*"]


def kafka_home():
    """The directory with Kafka's jars and an empty, formatted log directory; made at first use.

    Nothing in a formatted directory depends on a port, so it is made once and copied for every
    cluster: one start of Java instead of two.
    """
    home = cache_directory() / f"kafka-{KAFKA_VERSION}"
    with open(cache_directory() / "kafka.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "formatted").exists():
            kafka_install(home)
    return home


def kafka_install(home):
    if not shutil.which("mvn"):
        raise Failure("no mvn here; tests/support/install run installs it")
    part = home.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)
    print(f"Apache Kafka {KAFKA_VERSION} from Maven Central (54 MB, once) ...", flush=True)
    run_or_fail("Kafka could not be fetched from Maven Central",
                ["mvn", "-B", "-q", "-ntp", "-f", SUPPORT / "kafka" / "pom.xml",
                 f"-Dkafka.version={KAFKA_VERSION}", "dependency:copy-dependencies",
                 "-DincludeScope=runtime", f"-DoutputDirectory={part}/jars"])
    properties = part / "format.properties"
    write_properties(properties, kafka_identity(part / "formatted", 9092, 9093))
    run_or_fail("Kafka's storage could not be formatted",
                [*java(part, "256m"), "kafka.tools.StorageTool", "format",
                 "--cluster-id", Kafka.CLUSTER, "--config", properties])
    part.rename(home)


def run_or_fail(what, command):
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise Failure(f"{what}:\n" + "\n".join(done.stdout.splitlines()[-15:]))


def kafka_answers(port):
    """True once the broker answers ApiVersions (version 0) with "no error"."""
    request = struct.pack(">hhih", 18, 0, 1, -1)
    with contextlib.suppress(OSError, struct.error):
        with socket.create_connection(("127.0.0.1", port), timeout=2) as link:
            link.sendall(struct.pack(">i", len(request)) + request)
            reply = link.recv(10)
            return struct.unpack(">iih", reply)[1:] == (1, 0)
    return False


class Redis(Part):
    """Redis, append-only as in production; what it has acknowledged survives kill(). With fsync every
    second, as in production, a write waits for a slow fsync, and a kill would lose what was answered."""

    def __init__(self, directory, name="redis", settings=None):
        super().__init__(name, directory)
        self.settings = settings or {}
        self.data = self.directory / "data"
        self.port = None

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    def take_ports(self):
        self.port = free_port()

    def prepare(self):
        self.data.mkdir(exist_ok=True)
        settings = {
            "bind": "127.0.0.1", "port": self.port, "dir": self.data, "daemonize": "no",
            "appendonly": "yes", "appendfsync": "no", "save": '""',
            "maxmemory-policy": "noeviction", "databases": 64, "logfile": '""',
            **self.settings,
        }
        (self.directory / "redis.conf").write_text(
            "".join(f"{name} {value}\n" for name, value in settings.items()))

    def command(self):
        if not shutil.which("redis-server"):
            raise Failure("no redis-server here; tests/support/install run installs it")
        return ["redis-server", self.directory / "redis.conf"]

    def is_ready(self):
        return self.ask("PING") == "+PONG"

    def ask(self, *lines):
        """Commands in Redis's inline form; the first line of the last answer, "" if there is none.
        All but the last have to be of those that answer with one line."""
        with contextlib.suppress(OSError):
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as link:
                link.sendall("".join(f"{line}\r\n" for line in lines).encode())
                replies = link.makefile("rb")
                return [replies.readline().decode("utf-8", "replace").strip() for _ in lines][-1]
        return ""

    def unread_bytes(self):
        """Of commands that have come and were not looked at: while it is paused."""
        own = f":{self.port:04X}"
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(int(queues.split(":")[1], 16) for _, local, _, state, queues, *_ in lines
                   if local.endswith(own) and state == "01")

    def flush(self, database=None):
        """Forget everything, or everything of one database."""
        lines = ["FLUSHALL"] if database is None else [f"SELECT {database}", "FLUSHDB"]
        done = self.ask(*lines)
        if done != "+OK":
            raise Failure(f"Redis did not flush: {done}")

    def save(self, name="saved"):
        """Keep a copy of what Redis holds now. Redis writes a command to its append-only file
        before it answers, so all that was answered is in the copy."""
        copy = self.directory / f"copy-{name}"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.data, copy)
        return copy

    def restore(self, name="saved"):
        """As after the loss of a machine: back to an older copy."""
        self.kill()
        shutil.rmtree(self.data)
        shutil.copytree(self.directory / f"copy-{name}", self.data)
        return self.start()


class Sentinel(Part):
    """A sentinel that watches a Redis under a name, with a quorum of two."""

    def __init__(self, directory, redis, master="main", name="sentinel", down_after_ms=1000):
        super().__init__(name, directory)
        self.redis = redis
        self.master = master
        self.down_after_ms = down_after_ms
        self.port = None

    def take_ports(self):
        self.port = free_port()

    def prepare(self):
        """Sentinels keep what they learn in their own configuration file."""
        (self.directory / f"{self.name}.conf").write_text("\n".join([
            "bind 127.0.0.1", f"port {self.port}", f"dir {self.directory}", "daemonize no",
            "protected-mode no",
            f"sentinel monitor {self.master} 127.0.0.1 {self.redis.port} 2",
            f"sentinel down-after-milliseconds {self.master} {self.down_after_ms}",
            f"sentinel failover-timeout {self.master} 4000", ""]))

    def command(self):
        return ["redis-server", self.directory / f"{self.name}.conf", "--sentinel"]

    def is_ready(self):
        with contextlib.suppress(OSError):
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as link:
                link.sendall(b"PING\r\n")
                return link.recv(7) == b"+PONG\r\n"
        return False


class Site(Part):
    """The simulated site (tests/support/site): one process serves many sites."""

    def __init__(self, directory, build=None, name="site", ledger_entries=None, certificate=None):
        """`certificate`: (chain, key), files in PEM; then it speaks https."""
        super().__init__(name, directory)
        self.certificate = certificate
        self.program = Path(build or build_directory()) / "bin" / "dplsync-site"
        self.ledger_entries = ledger_entries
        self.port = 0
        self.control = None

    def command(self):
        if not self.program.exists():
            raise Failure(f"{self.program} was not built")
        bound = ["--ledger-entries", self.ledger_entries] if self.ledger_entries else []
        tls = ["--certificate", self.certificate[0], "--key", self.certificate[1]] \
            if self.certificate else []
        return [self.program, "--port", self.port, "--port-file", self.directory / "port", *bound,
                *tls]

    def prepare(self):
        with contextlib.suppress(FileNotFoundError):
            (self.directory / "port").unlink()

    def is_ready(self):
        path = self.directory / "port"
        if not path.exists():
            return False
        self.port = int(path.read_text())
        scheme = "https" if self.certificate else "http"
        self.control = SiteControl(f"{scheme}://127.0.0.1:{self.port}")
        return True

    def base_url(self, site):
        return f"{self.control.address}/{site}"


class Service(Part):
    """One of our programs: dplsync-fetcher, dplsync-reconciler, dplsync-writer.

    `settings` are environment variables, `arguments` are added to the command line. Several of one
    kind need a `log` of their own: the name of the log file.
    """

    # After a kill Kafka waits for the end of the old session, 10 s; a kill while that lasts adds another.
    start_timeout = 60.0

    def __init__(self, name, config, directory, build=None, arguments=(), settings=None, log=None):
        super().__init__(log or name, directory)
        self.program = Path(build or build_directory()) / "bin" / name
        self.config = config
        self.arguments = list(arguments)
        self.settings = settings or {}
        self.admin_port = None

    def take_ports(self):
        self.admin_port = free_port()

    def command(self):
        if not self.program.exists():
            raise Failure(f"{self.program} was not built")
        return [self.program, "--config", self.config, *self.arguments]

    def environment(self):
        section = self.program.name.removeprefix("dplsync-").upper()
        return {f"DPLSYNC_{section}_ADMIN_ADDRESS": f"127.0.0.1:{self.admin_port}", **self.settings}

    def is_ready(self):
        return self.get("/readyz")[0] == 200

    def get(self, path):
        """(status, text) of the admin port; (0, reason) when it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}{path}",
                                        timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode("utf-8", "replace")
        except OSError as error:
            return 0, str(error)

    def metrics(self):
        """The value of every series, by its name with labels as it stands in /metrics."""
        lines = self.get("/metrics")[1].splitlines()
        rows = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, value in rows}

    def log_lines(self):
        """The log as objects; what is not JSON (a sanitizer's report) stays a string."""
        def decode(line):
            try:
                return json.loads(line)
            except ValueError:
                return line
        return [decode(line) for line in self.log_text().splitlines()]


class Console(Part):
    """The operator's page, `dplsync console`. `settings` are environment variables."""

    def __init__(self, config, directory, build=None, actions=True, settings=None, log="console"):
        super().__init__(log, directory)
        self.program = Path(build or build_directory()) / "bin" / "dplsync"
        self.config = config
        self.settings = {"DPLSYNC_CONSOLE_ACTIONS": "true" if actions else "false",
                         **(settings or {})}
        self.port = None

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def take_ports(self):
        self.port = free_port()

    def command(self):
        if not self.program.exists():
            raise Failure(f"{self.program} was not built")
        return [self.program, "console", "--config", self.config]

    def environment(self):
        return {"DPLSYNC_CONSOLE_ADDRESS": f"127.0.0.1:{self.port}", **self.settings}

    def is_ready(self):
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(self.address, timeout=5) as answer:
                return answer.status == 200
        return False


if __name__ == "__main__":
    # Fetch now, where its progress can be seen, what a first start would fetch.
    try:
        kafka_home()
    except Failure as failure:
        raise SystemExit(f"parts: {failure}") from None
