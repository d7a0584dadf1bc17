"""The writer killed in mid-stream, again and again: no update without its outcome, none applied out of
order, no two PATCHes of one event at once, and nothing sent again but what was in flight."""

import itertools
import random
from collections import Counter, defaultdict

import pytest

ROUNDS, IN_FLIGHT, SITES, EVENTS = 20, 64, 4, 60
STATES = ("Active", "SoldOut", "Cancelled")


def updates(sites, number):
    """One round's worth: states, links, both; several of some events."""
    dice = random.Random(number)
    for serial in range(300):
        name = f"site{dice.randrange(SITES)}"
        update = {"municipality": name, "uuid": dice.choice(sites[name])}
        if dice.random() < 0.6:
            update["state"] = dice.choice(STATES)
        if "state" not in update or dice.random() < 0.3:
            link = f"https://tickets.example/{number}/{serial}"
            update["external_data"] = {"url": link, "admin_url": link + "/admin"}
        yield name, update


def in_flight(pipeline, handles):
    return sum(entry["end"] == "open" for handle in handles.values()
               for entry in handle.ledger(pipeline.mark, method="PATCH"))


def outcome_of_each(results):
    """By municipality, event and version; a repeat has to say the same."""
    told = {}
    for result in results:
        key = result["municipality"], result["uuid"], result["version"]
        assert told.setdefault(key, result["outcome"]) == result["outcome"], f"two outcomes: {key}"
    return told


def check_order(results):
    """Of each member, what was applied only became newer."""
    newest = defaultdict(int)
    for result in results:
        if result["outcome"] != "applied":
            continue
        for member in ("state", "url"):
            value = result["wish"].get(member, {})
            if value.get("status") != "confirmed":
                continue
            key = result["municipality"], result["uuid"], member
            assert value["version"] >= newest[key], f"older after newer: {key}"
            newest[key] = value["version"]


def check_repeats(patches, kills):
    """Between two kills no key is sent twice; over a kill only what was in flight then."""
    lives = defaultdict(set)
    for patch in patches:
        life = sum(patch["number"] >= kill for kill in kills)
        key = patch["idempotency_key"]
        assert life not in lives[key], f"sent twice by one process: {key}"
        lives[key].add(life)
    repeats = Counter(life for life_set in lives.values() for life in sorted(life_set)[1:])
    assert all(count <= IN_FLIGHT for count in repeats.values()), repeats


@pytest.mark.slow
def test_killed_twenty_times_in_mid_stream(make_pipeline):
    pipeline = make_pipeline(partitions=4)
    pipeline.config["writer"] = {"lease": "2s", "retry_base": "20ms", "retry_cap": "200ms",
                                 "max_transfers": IN_FLIGHT * 2}
    handles = {f"site{n}": pipeline.add(
        f"site{n}", {"write_in_flight": IN_FLIGHT // SITES, "write_rate": 10_000, "write_burst": 1000,
                     "write_timeout": "1500ms"},
        generate=EVENTS, number=n + 1, future=True, keep_alive=True) for n in range(SITES)}
    sites = {name: list(handle.events()) for name, handle in handles.items()}
    for handle in handles.values():
        handle.fault("delay", method="PATCH", delay_ms=400)
    sent, kills, last = 0, [], {}
    pipeline.start("writer")
    for number in range(ROUNDS):
        pipeline.mark = handles["site0"].control.ledger_next()
        batch = list(updates(sites, number))
        pipeline.topics.send_all("updates", batch)
        sent += len(batch)
        for name, update in batch:
            wished = last.setdefault((name, update["uuid"]), {})
            wished.update({member: update[member] for member in ("state", "external_data") if member in update})
        pipeline.wait(lambda: in_flight(pipeline, handles) >= IN_FLIGHT, f"{IN_FLIGHT} in flight")
        pipeline["writer"].kill()
        kills.append(handles["site0"].control.ledger_next())
        pipeline.start("writer")
    pipeline.wait(lambda: len(outcome_of_each(pipeline.results())) == sent, "an outcome of each", 120)
    results = pipeline.results()
    check_order(results)
    assert {result["outcome"] for result in results} <= {"applied", "unchanged", "superseded"}
    patches = list(itertools.chain.from_iterable(handle.patches() for handle in handles.values()))
    assert not any(patch["overlapped"] for patch in patches)
    check_repeats(sorted(patches, key=lambda patch: patch["number"]), kills)
    for (name, uuid), wished in last.items():
        event = handles[name].event(uuid)
        assert {member: event.get(member) for member in wished} == wished
