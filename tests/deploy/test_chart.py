"""The Helm chart, rendered for every way of use in ci/: what comes out is what Kubernetes takes, and what
the programs take."""

import json
import re
import subprocess

import jsonschema
import kubernetes_validate
import pytest
import yaml
from support import (ALERTS, CHART, CI_FILES, DASHBOARD, DEPLOY, ROOT, SERVICES, Refused, asked_of_the_program, by_kind,
                     config_of, lint, manifests, named, pod_specs, program, render, unit_test, values_of)
from values_schema import CONFIG_SCHEMA, VALUES_SCHEMA, definitions, read

KUBERNETES = ("1.28", "1.34", kubernetes_validate.latest_version())
CUSTOM = {path.name.split(".")[0]: json.loads(path.read_text())
          for path in (ROOT / "tests" / "deploy" / "crds").glob("*.schema.json")}
every_way = pytest.mark.parametrize("way", CI_FILES, ids=lambda path: path.stem.removesuffix("-values"))


# What Kubernetes takes.

@every_way
def test_the_linter_has_nothing_to_say(way):
    assert lint(values_of(way)) == []


def validate(thing, version):
    """By Kubernetes' own schemas, strictly; what others have defined, by ours of the fields that we use."""
    if thing["kind"] in CUSTOM:
        jsonschema.validate(thing, CUSTOM[thing["kind"]])
    else:
        kubernetes_validate.validate(thing, version, strict=True)


@every_way
@pytest.mark.parametrize("version", KUBERNETES)
def test_kubernetes_takes_every_object(way, version):
    for thing in render(values_of(way)):
        validate(thing, version)


@every_way
def test_no_two_objects_have_one_name(way):
    names = [(thing["kind"], thing["metadata"]["name"]) for thing in render(values_of(way))]
    assert len(names) == len(set(names))


@every_way
def test_pods_are_restricted(way):
    """As the Pod Security Standard `restricted` has it, and a little more."""
    for name, spec in pod_specs(render(values_of(way))):
        security = spec["securityContext"]
        assert security["runAsNonRoot"] and security["runAsUser"] == 65532, name
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert spec["automountServiceAccountToken"] is False and spec["enableServiceLinks"] is False, name
        for container in spec["containers"]:
            own = container["securityContext"]
            assert own == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                           "capabilities": {"drop": ["ALL"]}}, name
        allowed = {"configMap", "projected", "secret", "emptyDir"}
        assert {kind for volume in spec["volumes"] for kind in volume} - {"name"} <= allowed, name


@every_way
def test_nothing_is_mounted_in_a_way_that_never_changes(way):
    for name, spec in pod_specs(render(values_of(way))):
        for container in spec["containers"]:
            assert not any("subPath" in mount for mount in container["volumeMounts"]), name


@every_way
def test_every_mount_has_its_volume(way):
    for name, spec in pod_specs(render(values_of(way))):
        volumes = {volume["name"] for volume in spec["volumes"]}
        for container in spec["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} == volumes, name


@every_way
def test_a_log_in_that_is_missing_stops_no_pod(way):
    for name, spec in pod_specs(render(values_of(way))):
        for volume in spec["volumes"]:
            if volume["name"] == "credentials":
                assert all(source["secret"]["optional"] for source in volume["projected"]["sources"]), name


@every_way
def test_no_cpu_limit_and_enough_memory(way):
    for name, spec in pod_specs(render(values_of(way))):
        for container in spec["containers"]:
            resources = container["resources"]
            assert set(resources["limits"]) == {"memory", "ephemeral-storage"}, name
            assert set(resources["requests"]) == {"cpu", "memory", "ephemeral-storage"}, name


# How it is rolled out.

def deployments(values):
    return {thing["metadata"]["labels"]["app.kubernetes.io/component"]: thing
            for thing in by_kind(render(values), "Deployment")}


def services(values):
    return {name: thing for name, thing in deployments(values).items() if name in SERVICES}


@every_way
def test_one_pod_at_a_time_and_all_of_them_drained(way):
    drain_ms = int(re.search(r"DRAIN_MAX_MS = (\d+)", (ROOT / "common/io/daemon.c").read_text()).group(1))
    for name, deployment in services(values_of(way)).items():
        spec = deployment["spec"]
        assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
        assert spec["minReadySeconds"] >= 10, name
        grace = spec["template"]["spec"]["terminationGracePeriodSeconds"]
        assert grace > drain_ms / 1000 + 5, name
        assert "lifecycle" not in spec["template"]["spec"]["containers"][0], name


@every_way
def test_a_disruption_budget_for_each_program_lets_one_pod_go(way):
    objects = render(values_of(way))
    budgets = {thing["metadata"]["name"]: thing["spec"] for thing in by_kind(objects, "PodDisruptionBudget")}
    for deployment in services(values_of(way)).values():
        budget = budgets[deployment["metadata"]["name"]]
        assert budget["maxUnavailable"] == 1 and budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
        assert budget["selector"] == deployment["spec"]["selector"]


@every_way
def test_selectors_select_their_pods_and_no_others(way):
    found = deployments(values_of(way))
    for name, deployment in found.items():
        wanted = deployment["spec"]["selector"]["matchLabels"].items()
        chosen = [other for other, thing in found.items()
                  if wanted <= thing["spec"]["template"]["metadata"]["labels"].items()]
        assert chosen == [name]


def many_municipalities(count):
    values = values_of(CHART / "ci" / "full-values.yaml")
    values["municipalities"] = {f"kommune-{number}": {
        "base_url": f"https://bibliotek-{number}.example", "poll_interval": "5m", "relevant_only": True}
        for number in range(count)}
    return values


def test_three_hundred_municipalities_fit():
    """Into an object, which may have 1 MiB, and into Helm's own record of the release, likewise."""
    objects = render(many_municipalities(300))
    for thing in objects:
        validate(thing, KUBERNETES[0])
    assert sum(len(json.dumps(thing)) for thing in objects) < 1 << 20
    listed = json.loads(named(objects, "ConfigMap", "dplsync-municipalities")["data"]["municipalities.json"])
    assert len(listed) == 300


def test_one_municipality_more_rolls_nothing_out():
    one, two = deployments(many_municipalities(300)), deployments(many_municipalities(301))
    assert one == two


# What the programs take.

@every_way
def test_the_configuration_is_one(way):
    for config in config_of(render(values_of(way)), values_of(way)):
        jsonschema.validate(config, json.loads(CONFIG_SCHEMA.read_text()))


@every_way
@pytest.mark.parametrize("service", SERVICES)
def test_each_program_takes_the_configuration(way, service, tmp_path):
    said = asked_of_the_program(service, render(values_of(way)), values_of(way), tmp_path)
    assert said.startswith("ok    config"), said


def settings(service):
    """(path, needs a restart) of every setting that --help names."""
    text = program(f"dplsync-{service}", "--help")
    return re.findall(r"^  ([a-z_.]+)  \(.*\)(  needs a restart)?$", text, re.MULTILINE)


# Where the chart has a value of its own for a setting; None: it leaves no choice.
VALUES_OF_SETTINGS = {
    "redis.url": ("redis", "url"), "redis.deadline": ("redis", "deadline"), "topics.prefix": ("topics", "prefix"),
    "topics.epoch": ("topics", "epoch"), "topics.partitions": ("topics", "partitions"), "contact": ("contact",),
    "credentials_dir": None, "municipalities_file": None, "fetcher.admin_address": None,
    "reconciler.admin_address": None, "writer.admin_address": None, "console.address": None,
    "console.actions": None, "console.origin": None, "console.user_header": None}


def another_setting(path):
    """What the schema of the configuration takes, other than the default."""
    definition = json.loads(CONFIG_SCHEMA.read_text())
    for name in path.split("."):
        definition = definition["properties"][name]
    candidates = [*definition.get("enum", []), True, False, 7, "75s", "77MiB", "-14d", "redis://other:6379/0", "other"]
    default = definition.get("default")
    valid = jsonschema.Draft202012Validator(definition).is_valid
    return next(value for value in candidates if value != default and valid(value))


def with_setting(values, path):
    """The values with another value of a setting."""
    where = VALUES_OF_SETTINGS.get(path, ("config", *path.split(".")))
    values = inner = json.loads(json.dumps(values))
    for name in where[:-1]:
        inner = inner.setdefault(name, {})
    inner[where[-1]] = another_setting(path)
    return values


@pytest.mark.parametrize("service", SERVICES)
def test_what_needs_a_restart_rolls_out_and_nothing_else_does(service):
    """So says --help of each setting."""
    values = values_of(CHART / "ci" / "minimal-values.yaml")
    before = deployments(values)
    for path, restart in settings(service):
        if VALUES_OF_SETTINGS.get(path, ()) is not None:
            assert (deployments(with_setting(values, path)) != before) == bool(restart), path


def test_strimzi_topics_are_those_of_topics_create():
    table = {}
    for line in unit_test("test_topic_settings", "table").splitlines():
        topic, name, value = line.split(" ", 2)
        table.setdefault(topic, {})[name] = value
    objects = render(values_of(CHART / "ci" / "strimzi-values.yaml"))
    topics = {thing["spec"]["topicName"].removeprefix("dplsync."): thing for thing in by_kind(objects, "KafkaTopic")}
    assert set(topics) == set(table)
    for name, thing in topics.items():
        assert thing["spec"]["config"] == {**table[name], "min.insync.replicas": "2"}
        assert thing["spec"]["partitions"] == 24 and thing["spec"]["replicas"] == 3
        assert thing["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def rights(objects):
    """{user: {(type, name): operations}}"""
    return {thing["metadata"]["name"].removeprefix("dplsync-"): {
        (acl["resource"]["type"], acl["resource"]["name"]): set(acl["operations"])
        for acl in thing["spec"]["authorization"]["acls"]} for thing in by_kind(objects, "KafkaUser")}


def test_strimzi_users_have_the_rights_that_were_tried_with_a_broker():
    """Those of deploy/kafka/acls, with which the whole pipeline runs in the integration tests."""
    done = subprocess.run([DEPLOY / "kafka" / "acls", "--table"], capture_output=True, text=True, check=True)
    table = {}
    for line in done.stdout.splitlines():
        user, what, name, *operations = line.split()
        name = "shop" if name == "-" else f"dplsync.{name}"
        table.setdefault(user, {})[what, name] = {*operations, "Describe"}
    assert rights(render(values_of(CHART / "ci" / "strimzi-values.yaml"))) == table


def test_each_program_logs_in_with_the_user_that_strimzi_made():
    for name, deployment in deployments(values_of(CHART / "ci" / "strimzi-values.yaml")).items():
        variables = {one["name"]: one for one in deployment["spec"]["template"]["spec"]["containers"][0]["env"]}
        assert variables["DPLSYNC_KAFKA_SASL_USERNAME"]["value"] == f"dplsync-{name}"
        assert variables["DPLSYNC_KAFKA_SASL_PASSWORD"]["valueFrom"]["secretKeyRef"] == {
            "name": f"dplsync-{name}", "key": "password"}


def test_each_program_logs_in_with_its_own_secret():
    objects = render(values_of(CHART / "ci" / "existing-secrets-values.yaml"))
    secrets = {name: {one["valueFrom"]["secretKeyRef"]["name"] for one in spec["containers"][0]["env"]
                      if one["name"].startswith("DPLSYNC_KAFKA_SASL")} for name, spec in pod_specs(objects)}
    for name, found in secrets.items():
        assert found == {f"kafka-{name.split('-')[-1]}".replace("topics", "operator")}, name
    assert all(config["kafka"]["sasl.mechanism"] == "SCRAM-SHA-256" for config in
               config_of(objects, values_of(CHART / "ci" / "existing-secrets-values.yaml")))


def test_the_network_is_open_where_the_programs_would_go():
    """Public addresses, as common/policy/address has them."""
    source = (ROOT / "common/policy/address.c").read_text().split("prefixes6")[0]
    closed = set()
    for digits, bits, verdict in re.findall(r"\{ \{ ([\d, ]+) \},\s*(\d+),\s*ADDRESS_(\w+)", source):
        numbers = [*digits.split(", "), "0", "0", "0"][:4]
        if verdict != "PUBLIC":
            closed.add(f"{'.'.join(numbers)}/{bits}")
    policy = by_kind(render(values_of(CHART / "ci" / "full-values.yaml")), "NetworkPolicy")[0]
    sites = next(rule for rule in policy["spec"]["egress"] if rule["ports"][0]["port"] == 443)
    block = sites["to"][0]["ipBlock"]
    assert block["cidr"] == "0.0.0.0/0" and set(block["except"]) == closed


@pytest.mark.parametrize("rules", ["otlp", "extraEgress"])
def test_the_network_is_open_to_the_collector(rules):
    objects = render(overlay({"networkPolicy": {**OPEN, rules: [RULE]}, "config/tracing": COLLECTOR}))
    assert by_kind(objects, "NetworkPolicy")[0]["spec"]["egress"].count(RULE) == 3


def test_the_writer_alone_is_scaled():
    values = values_of(CHART / "ci" / "keda-values.yaml")
    replicas = {name: thing["spec"].get("replicas") for name, thing in deployments(values).items()}
    assert replicas == {"fetcher": 2, "reconciler": 2, "writer": None}
    scaled = by_kind(render(values), "ScaledObject")
    assert [thing["spec"]["scaleTargetRef"]["name"] for thing in scaled] == ["dplsync-writer"]


# What is watched.

def rules(values):
    """The rules that are deployed, by alert."""
    spec = by_kind(render(values), "PrometheusRule")[0]["spec"]
    return {rule["alert"]: rule for group in spec["groups"] for rule in group["rules"]}


def test_the_rules_are_deployed_as_they_are_in_the_file():
    """But for what only a release knows."""
    text = ALERTS.read_text().replace("deploy/README.md#", "https://git.vendor.example/dplsync/deploy/README.md#")
    text = text.replace('{container="dplsync-', '{namespace="libraries",container="dplsync-')
    text = text.replace('"/hold?', '"https://dplsync.vendor.example/hold?')
    spec = by_kind(render(values_of(CHART / "ci" / "full-values.yaml")), "PrometheusRule")[0]["spec"]
    assert spec == yaml.safe_load(text)
    assert "{{ $labels.municipality }}" in json.dumps(spec)


HELD = {"DeletionsHeld", "DeletionsHeldForADay"}
WATCHED = {"prometheusRule": {"enabled": True, "runbookUrl": "https://git.vendor.example/runbook"}}
ORIGIN = "https://dplsync.vendor.example"


@pytest.mark.parametrize("console, linked", [({"enabled": True, "origin": ORIGIN}, HELD), ({"enabled": True}, set()),
                                             ({"origin": ORIGIN}, set())],
                         ids=["behind a proxy", "on loopback", "switched off"])
def test_an_alert_of_held_deletions_links_to_where_they_are_approved(console, linked):
    found = rules(overlay({**WATCHED, "console": console}))
    links = {name: rule["annotations"]["console_url"] for name, rule in found.items()
             if "console_url" in rule["annotations"]}
    assert links == dict.fromkeys(linked, f"{ORIGIN}/hold?municipality={{{{ $labels.municipality }}}}")


def test_the_dashboard_is_deployed_as_it_was_tested():
    board = named(render(values_of(CHART / "ci" / "full-values.yaml")), "ConfigMap", "dplsync-dashboard")
    assert json.loads(board["data"]["dplsync.json"]) == json.loads(DASHBOARD.read_text())


def test_the_monitor_finds_the_admin_port_of_each_program():
    objects = render(values_of(CHART / "ci" / "full-values.yaml"))
    endpoint = by_kind(objects, "PodMonitor")[0]["spec"]["podMetricsEndpoints"][0]
    for deployment in services(values_of(CHART / "ci" / "full-values.yaml")).values():
        ports = deployment["spec"]["template"]["spec"]["containers"][0]["ports"]
        assert endpoint["port"] in {port["name"] for port in ports}


# What is refused.

def overlay(changes):
    values = values_of(CHART / "ci" / "minimal-values.yaml")
    for path, value in changes.items():
        inner = values
        for part in path.split("/")[:-1]:
            inner = inner.setdefault(part, {})
        if value is None:
            inner.pop(path.split("/")[-1])
        else:
            inner[path.split("/")[-1]] = value
    return values


AARHUS = {"base_url": "https://www.aakb.dk"}
RULE = {"to": [{"ipBlock": {"cidr": "10.20.0.0/16"}}], "ports": [{"port": 9093}]}
OPEN = {"enabled": True, "kafka": [RULE], "redis": [RULE]}
COLLECTOR = {"endpoint": "http://collector.tracing:4318"}
REFUSED = [
    # says, changes, what the sentence names
    ("nobody to turn to", {"contact": None}, "contact"),
    ("a contact that cannot be sent", {"contact": "drift (nu)"}, "contact"),
    ("no Kafka", {"kafka/bootstrapServers": ""}, "bootstrapServers"),
    ("a password in the properties", {"kafka/properties": {"sasl.password": "hemmelig"}}, "kafka.sasl.existingSecret"),
    ("Kafka twice", {"kafka/properties": {"bootstrap.servers": "x:1"}}, "kafka.bootstrapServers"),
    ("a password in the address of Redis", {"redis/url": "redis://:hemmelig@redis:6379/0"},
     "redis.existingSecret"),
    ("no such scheme", {"redis/url": "http://redis"}, "redis/url"),
    ("no Redis", {"redis/url": ""}, "redis"),
    ("Redis twice", {"redis/existingSecret": "redis"}, "existingSecret"),
    ("a key that is not there", {"fetcher/replica": 2}, "replica"),
    ("a key that is not there, at the top", {"munícipalities": {}}, "munícipalities"),
    ("a negative number of pods", {"writer/replicas": -1}, "writer/replicas"),
    ("too little time to drain", {"writer/terminationGracePeriodSeconds": 30}, "terminationGracePeriodSeconds"),
    ("an id in capitals", {"municipalities": {"Aarhus": AARHUS}}, "Aarhus"),
    ("an id with a dot", {"municipalities": {"aar.hus": AARHUS}}, "aar.hus"),
    ("a municipality without an address", {"municipalities": {"aarhus": {}}}, "base_url"),
    ("a setting of a municipality misspelt", {"municipalities": {"aarhus": {**AARHUS, "poll_intervall": "5m"}}},
     "poll_intervall"),
    ("a duration without a unit", {"municipalities": {"aarhus": {**AARHUS, "poll_interval": "5"}}}, "poll_interval"),
    ("municipalities twice", {"municipalities": {"aarhus": AARHUS}, "municipalitiesConfigMap": "sites"},
     "municipalitiesConfigMap"),
    ("a setting of the configuration misspelt", {"config": {"log_levle": "debug"}}, "log_levle"),
    ("what the chart sets itself", {"config": {"credentials_dir": "/tmp"}}, "credentials_dir"),
    ("a percentage above 100", {"config": {"defaults": {"guard_percent": 120}}}, "guard_percent"),
    ("an epoch that versions have no room for", {"topics/epoch": 9000}, "topics/epoch"),
    ("no partitions", {"topics/partitions": 0}, "topics/partitions"),
    ("a digest that is a tag", {"image/digest": "latest"}, "image/digest"),
    ("a store without a name", {"credentials/externalSecret": {"enabled": True}}, "storeRef"),
    ("a name for all Secrets alike", {"credentials/perMunicipality": {"nameFormat": "cms"}}, "nameFormat"),
    ("more pods than partitions have use for", {"keda": {"enabled": True, "maxReplicas": 13}}, "keda.maxReplicas"),
    ("no pod", {"keda": {"enabled": True, "minReplicas": 0}}, "keda/minReplicas"),
    ("more at least than at most", {"keda": {"enabled": True, "minReplicas": 9}}, "keda.minReplicas"),
    ("topics of no cluster", {"strimzi": {"topics": {"enabled": True}}}, "strimzi.cluster"),
    ("users of Strimzi's and one's own", {"strimzi": {"cluster": "c", "users": {"enabled": True},
                                          "topics": {"enabled": True}}, "kafka/sasl": {"existingSecret": "x"}},
     "kafka.sasl.existingSecret"),
    ("a mechanism that Strimzi does not have", {"strimzi": {"cluster": "c", "users": {"enabled": True},
                                                "topics": {"enabled": True}}, "kafka/sasl": {"mechanism": "PLAIN"}},
     "kafka.sasl.mechanism"),
    ("topics made by a user who is not made yet", {"strimzi": {"cluster": "c", "users": {"enabled": True}}},
     "topics.create"),
    ("one program without a Kafka user", {"fetcher/kafkaSecret": "f", "writer/kafkaSecret": "w"},
     "reconciler.kafkaSecret"),
    ("an operator without a Kafka user", {"fetcher/kafkaSecret": "f", "reconciler/kafkaSecret": "r",
                                          "writer/kafkaSecret": "w"}, "console.kafkaSecret"),
    ("a closed network", {"networkPolicy": {"enabled": True}}, "networkPolicy.kafka"),
    ("a network that is closed to the collector", {"networkPolicy": OPEN, "config/tracing": COLLECTOR},
     "networkPolicy.otlp"),
    ("alerts that link nowhere", {"prometheusRule": {"enabled": True}}, "prometheusRule.runbookUrl"),
    ("alerts with a link that is none", {"prometheusRule": {"enabled": True, "runbookUrl": "deploy/README.md"}},
     "prometheusRule.runbookUrl"),
    ("a misspelt rule of the network", {"networkPolicy": {**OPEN, "otel": [RULE]}}, "otel"),
]


@pytest.mark.parametrize("says, changes, names", REFUSED, ids=[row[0] for row in REFUSED])
def test_bad_values_are_refused_with_a_sentence(says, changes, names):
    with pytest.raises(Refused) as refusal:
        render(overlay(changes))
    assert names in str(refusal.value)
    assert "hemmelig" not in str(refusal.value)


WITHOUT_SCHEMA = [row for row in REFUSED if row[0] in (
    "nobody to turn to", "no Kafka", "a password in the address of Redis", "no Redis", "too little time to drain")]


@pytest.mark.parametrize("says, changes, names", WITHOUT_SCHEMA, ids=[row[0] for row in WITHOUT_SCHEMA])
def test_the_worst_is_refused_even_where_the_schema_is_skipped(says, changes, names):
    changes = {path: "" if value is None else value for path, value in changes.items()}
    with pytest.raises(Refused) as refusal:
        render(overlay(changes), schema=False)
    assert names in str(refusal.value)


# Values, schema and templates.

def leaves(value, path=()):
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    else:
        yield path, value


def another(value):
    """A value of the same kind that is not this one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return {str: "another", dict: {"another": "one"}, list: [{"name": "another"}]}[type(value)]


def with_another(values, path, default):
    values = inner = json.loads(json.dumps(values))
    for name in path[:-1]:
        inner = inner.setdefault(name, {})
    inner[path[-1]] = another(inner.get(path[-1], default))
    return values


def has_an_effect(path, default):
    """In one of the ways of use. To be refused is an effect, too."""
    for way in sorted(CI_FILES, key=lambda file: "full" not in file.name):
        values = values_of(way)
        try:
            if manifests(with_another(values, path, default), schema=False) != manifests(values, schema=False):
                return True
        except Refused:
            return True
    return False


@pytest.mark.parametrize("section", sorted(yaml.safe_load((CHART / "values.yaml").read_text())))
def test_every_value_has_an_effect(section):
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    unused = [".".join(path) for path, default in leaves({section: defaults[section]})
              if not has_an_effect(path, default)]
    assert not unused


def test_every_value_that_a_template_uses_has_a_default():
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    for file in (CHART / "templates").rglob("*.*"):
        for path in re.findall(r"\.Values\.([a-zA-Z][\w.]*)", file.read_text()):
            inner = values
            for name in path.split("."):
                assert name in inner, f"{file.name}: {path}"
                inner = inner[name]


def without_texts(definition):
    """What a schema demands, without what it says about it."""
    if isinstance(definition, dict):
        return {name: without_texts(inner) for name, inner in definition.items()
                if name not in ("description", "default")}
    return definition


def test_the_schema_knows_the_settings_of_the_programs():
    ours, theirs = read(VALUES_SCHEMA)["$defs"], definitions(read(CONFIG_SCHEMA))
    for name, definition in theirs.items():
        assert without_texts(ours[name]) == without_texts(definition), "run: python3 tests/deploy/values_schema.py"


def test_the_defaults_are_complete():
    """Every key of the schema has its line in values.yaml, where people look for it."""
    schema = read(VALUES_SCHEMA)
    values = yaml.safe_load((CHART / "values.yaml").read_text())

    def look(definition, value, path):
        if "$ref" in definition:
            definition = schema["$defs"][definition["$ref"].split("/")[-1]]
        if definition.get("additionalProperties") is False and path != "config":
            for name, inner in definition["properties"].items():
                if name != "global":
                    assert name in value, f"{path}.{name}"
                    look(inner, value[name], f"{path}.{name}".strip("."))

    look(schema, values, "")

