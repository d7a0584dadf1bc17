"""Kafka and Redis as a careful operator runs them: TLS, a log-in for each program and the vendor, and
no more rights than deploy/kafka/acls and deploy/redis/acls give."""

import ctypes
import shlex
import subprocess
from pathlib import Path

import redis
from confluent_kafka.admin import (AclBinding, AclOperation, AclPermissionType, AdminClient,
                                   ResourcePatternType, ResourceType, ScramCredentialInfo,
                                   ScramMechanism, UserScramCredentialUpsertion)

from parts import Kafka, Redis, free_port
from pipeline import PROGRAMS, Pipeline
from topics import settle

ROOT = Path(__file__).resolve().parent.parent.parent
USERS = (*PROGRAMS, "operator")


def scram_works():
    """Whether our programs' librdkafka can log in with SCRAM at Kafka 4 (from 2.6.1 on)."""
    return ctypes.CDLL("librdkafka.so.1").rd_kafka_version() >= 0x020601FF


def password_of(user, where):
    """One that stands nowhere else, so that it is found wherever it should not be."""
    return f"{where}-of-{user}-Zq8vN2"


class Certificates:
    """An authority of our own, and a certificate of it for 127.0.0.1."""

    def __init__(self, directory):
        self.ca, self.key, self.certificate = (
            directory / name for name in ("ca.pem", "server.key", "server.pem"))
        request, ca_key, names = (directory / name for name in ("server.csr", "ca.key", "names"))
        names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                      "/CN=test authority", "-keyout", ca_key, "-out", self.ca)
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout",
                      self.key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", ca_key, "-days",
                      "2", "-CAcreateserial", "-extfile", names, "-out", self.certificate)

    @staticmethod
    def _openssl(*arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


class SecureKafka(Kafka):
    """Everybody else comes by SASL_SSL; the plain listener is the administrator's."""

    def __init__(self, directory, certificates):
        super().__init__(directory)
        self.certificates = certificates
        self.secure_port = None

    def take_ports(self):
        super().take_ports()
        self.secure_port = free_port()
        keystore = self.directory / "keystore.pem"
        keystore.write_text(self.certificates.key.read_text() +
                            self.certificates.certificate.read_text())
        plain, secure = f"127.0.0.1:{self.port}", f"127.0.0.1:{self.secure_port}"
        self.properties = {
            "listeners": f"PLAINTEXT://{plain},SASL_SSL://{secure},"
                         f"CONTROLLER://127.0.0.1:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{plain},SASL_SSL://{secure}",
            "listener.security.protocol.map":
                "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL",
            "inter.broker.listener.name": "PLAINTEXT",
            "sasl.enabled.mechanisms": "SCRAM-SHA-512,PLAIN",
            "listener.name.sasl_ssl.plain.sasl.jaas.config":
                "org.apache.kafka.common.security.plain.PlainLoginModule required " + " ".join(
                    f'user_dplsync-{name}="{password_of(f"dplsync-{name}", "kafka")}"'
                    for name in USERS) + ";",
            "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config":
                "org.apache.kafka.common.security.scram.ScramLoginModule required;",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": keystore,
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
            "allow.everyone.if.no.acl.found": "false",
        }

    def client(self, user, mechanism="SCRAM-SHA-512"):
        """Properties of librdkafka with which a user comes in."""
        return {"bootstrap.servers": f"127.0.0.1:{self.secure_port}",
                "security.protocol": "SASL_SSL", "ssl.ca.location": str(self.certificates.ca),
                "sasl.mechanism": mechanism, "sasl.username": user,
                "sasl.password": password_of(user, "kafka")}

    def add_users(self, *users):
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        settle(admin.alter_user_scram_credentials([
            UserScramCredentialUpsertion(user, ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096),
                                         password_of(user, "kafka").encode())
            for user in users]))

    def add_acls(self, prefix):
        """Exactly what deploy/kafka/acls says."""
        printed = subprocess.run([ROOT / "deploy/kafka/acls", "--prefix", prefix], check=True,
                                 capture_output=True, text=True).stdout
        bindings = [binding for line in printed.splitlines() for binding in bindings_of(line)]
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        settle(admin.create_acls(bindings))


def bindings_of(command):
    """What `kafka-acls.sh --add ...` would add."""
    words = iter(shlex.split(command))
    assert next(words) == "kafka-acls.sh"
    operations, pattern = [], None
    for word in words:
        if word == "--add":
            continue
        value = next(words)
        if word == "--allow-principal":
            principal = value
        elif word in ("--topic", "--group"):
            resource, name = ResourceType[word[2:].upper()], value
        elif word == "--resource-pattern-type":
            pattern = ResourcePatternType[value.upper()]
        else:
            assert word == "--operation", word
            operations.append({"DescribeConfigs": AclOperation.DESCRIBE_CONFIGS}.get(value)
                              or AclOperation[value.upper()])
    return [AclBinding(resource, name, pattern, principal, "*", operation, AclPermissionType.ALLOW)
            for operation in operations]


class SecureRedis(Redis):
    def __init__(self, directory, certificates=None):
        super().__init__(directory)
        self.certificates = certificates
        self.tls_port = None

    def take_ports(self):
        super().take_ports()
        passwords = self.directory / "passwords"
        passwords.mkdir(exist_ok=True)
        for user in USERS:
            (passwords / user).write_text(password_of(user, "redis") + "\n")
        rules = subprocess.run([ROOT / "deploy/redis/acls", "--passwords", passwords], check=True,
                               capture_output=True, text=True).stdout
        file = self.directory / "users.acl"
        file.write_text(f"{rules}user admin on >admin ~* +@all\n")
        self.settings = {"aclfile": file}
        if self.certificates:
            self.tls_port = free_port()
            self.settings |= {"tls-port": self.tls_port, "tls-auth-clients": "no",
                              "tls-cert-file": self.certificates.certificate,
                              "tls-key-file": self.certificates.key,
                              "tls-ca-cert-file": self.certificates.ca}

    def ask(self, *lines):
        return super().ask("AUTH admin admin", *lines)

    def url_of(self, user, database=0, tls=False):
        scheme, port = ("rediss", self.tls_port) if tls else ("redis", self.port)
        return f"{scheme}://dplsync-{user}:{password_of(user, 'redis')}@127.0.0.1:{port}/{database}"


class SecurePipeline(Pipeline):
    """Each program with its own log-in at Kafka and at Redis. Tests look with the administrator's."""

    def __init__(self, kafka, redis, site, directory, prefix):
        super().__init__(kafka, redis, site, directory, prefix)
        properties = kafka.client("nobody", "SCRAM-SHA-512" if scram_works() else "PLAIN")
        del properties["sasl.username"], properties["sasl.password"]
        self.config["kafka"] = properties
        self.config["redis"]["url"] = f"redis://127.0.0.1:{redis.port}/0"

    def secrets(self, program):
        client = self.kafka.client(f"dplsync-{program}")
        return {"DPLSYNC_KAFKA_SASL_USERNAME": client["sasl.username"],
                "DPLSYNC_KAFKA_SASL_PASSWORD": client["sasl.password"],
                "DPLSYNC_REDIS_URL": self.redis.url_of(program)}

    def redis_users_refused(self):
        """What Redis refused somebody for want of rights, "user: command or key"."""
        with redis.Redis(port=self.redis.port, username="admin", password="admin",
                         decode_responses=True) as link:
            return [f"{entry['username']}: {entry['object']}" for entry in link.acl_log()]

    def service(self, name, log=None, **settings):
        return super().service(name, log, **{**self.secrets(name), **settings})
