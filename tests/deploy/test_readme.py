"""What deploy/README.md promises: a section for every alert, and commands and values that exist."""

import re
import subprocess

import pytest
import yaml
from support import ALERTS, CI_FILES, DEPLOY, Refused, by_kind, program, render, values_of

README = (DEPLOY / "README.md").read_text()


def anchors():
    """As a forge makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def alerts():
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_every_alert_links_to_its_section(rule):
    assert rule["annotations"]["runbook_url"] == f"deploy/README.md#{rule['alert'].lower()}"
    assert rule["alert"].lower() in anchors()


def test_no_section_is_about_an_alert_that_is_not_there():
    sections = re.findall(r"^### (\w+)$", README, re.MULTILINE)
    assert sections == sorted(sections, key=[rule["alert"] for rule in alerts()].index)


def test_links_within_the_page_lead_somewhere():
    for target in re.findall(r"\]\(#([^)]+)\)", README):
        assert target in anchors(), target


def examples():
    return [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)]


def test_values_in_the_page_are_taken_by_the_chart():
    [values] = [example for example in examples() if "municipalities" in example]
    assert render(values)
    with pytest.raises(Refused):
        render({**values, "contact": ""})


def test_the_routes_for_alertmanager_are_right(tmp_path):
    [routes] = [text for text in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL) if "route:" in text]
    (tmp_path / "alertmanager.yaml").write_text(routes)
    done = subprocess.run(["amtool", "check-config", tmp_path / "alertmanager.yaml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    names = {rule["alert"] for rule in alerts()}
    for matcher in re.findall(r'alertname =~? "([\w|]+)"', routes):
        assert set(matcher.split("|")) <= names


def test_commands_in_the_page_exist():
    known = re.findall(r"^  ([a-z-]+(?: [a-z-]+)?) +[A-Z]", program("dplsync", "--help"), re.MULTILINE)
    for command in re.findall(r"\bdplsync ([a-z][a-z -]*[a-z])", "\n".join(re.findall(r"`(dplsync [^`]+)`", README))):
        assert any(command.startswith(name) for name in known), command


def test_the_restart_that_the_page_names_reaches_every_program_of_a_release():
    selectors = set(re.findall(r"rollout restart deployment -l (\S+)=(\S+)", README))
    assert len(selectors) == 1
    [(label, value)] = selectors
    for way in CI_FILES:
        for deployment in by_kind(render(values_of(way)), "Deployment"):
            assert deployment["metadata"]["labels"][label] == value


def test_the_annotations_for_a_reloader_name_secrets_that_are_read_at_the_start_only():
    """One that names the log-ins of the sites, too, would roll everything out for each of them."""
    [values] = [example for example in examples() if "podAnnotations" in example.get("console", {})]
    base = values_of(next(path for path in CI_FILES if path.stem.startswith("full")))
    objects = render({**base, **{name: {**base.get(name, {}), **own} for name, own in values.items()}})
    for deployment in by_kind(objects, "Deployment"):
        template = deployment["spec"]["template"]
        named = set(template["metadata"]["annotations"]["secret.reloader.stakater.com/reload"].split(","))
        spec = template["spec"]
        read = {one["valueFrom"]["secretKeyRef"]["name"] for one in spec["containers"][0]["env"] if "valueFrom" in one}
        read |= {volume["secret"]["secretName"] for volume in spec["volumes"] if "secret" in volume}
        assert named == read, deployment["metadata"]["name"]
