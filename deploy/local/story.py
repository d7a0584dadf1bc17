"""Tells on the terminal what happens on the topics, in the words of the contract.

One line a message: time, municipality, what it is, and what it says. Lines are held back for a moment,
so that they come in the order in which things happened, and so that a burst (the first snapshot of a
site, and the answers to it) is told in one line with a count.
"""

import json
import threading
import time

from confluent_kafka import Consumer, TopicPartition

HOLD_SECONDS = 1.2
BURST_SECONDS = 0.5
FEW, TITLE_CHARACTERS = 3, 32

COLOURS = {"snapshot": "36", "change": "33", "update": "35", "result": "32", "dead letter": "31",
           "control": "90", "site": "1", "trouble": "31;1"}


class Story:
    """Follows the topics in a thread of its own, prints, and remembers what was seen for `saw`."""

    TOPICS = ("snapshots", "changes", "updates", "results", "dead-letters", "control")

    def __init__(self, bootstrap, prefix="dplsync.", colour=True):
        self.prefix, self.colour = prefix, colour
        self.titles = {}
        self.sizes = {}
        self.seen = []
        self.held = []
        self.news = threading.Condition()
        self.running = True
        self.consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "story",
                                  "enable.auto.commit": False, "auto.offset.reset": "earliest"})
        known = self.consumer.list_topics(timeout=10).topics
        self.consumer.assign([TopicPartition(prefix + name, number, 0) for name in self.TOPICS
                              for number in known[prefix + name].partitions])
        self.thread = threading.Thread(target=self._follow, daemon=True)
        self.thread.start()

    def stop(self):
        self.running = False
        self.thread.join()
        self.consumer.close()

    def wait_for(self, predicate, timeout):
        """The first message, old or new, that `predicate` likes; None after `timeout` seconds."""
        deadline, looked = time.monotonic() + timeout, 0
        with self.news:
            while True:
                for message in self.seen[looked:]:
                    if predicate(message):
                        return message
                looked = len(self.seen)
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self.news.wait(left)

    def catch_up(self):
        """Until what has happened by now was told."""
        time.sleep(HOLD_SECONDS + 0.3)

    def say(self, municipality, kind, text):
        """Something that did not come by a topic."""
        with self.news:
            self._hold(time.time(), municipality, kind, "", text)

    def _hold(self, moment, municipality, kind, group, text):
        """Behind the others, or into the burst that it belongs to."""
        for line in self.held:
            if line["key"] == (municipality, kind, group) and abs(moment - line["moment"]) < BURST_SECONDS:
                line["texts"].append(text)
                return
        self.held.append({"moment": moment, "key": (municipality, kind, group), "texts": [text]})

    def _print(self, moment, municipality, kind, text):
        clock = time.strftime("%H:%M:%S", time.localtime(moment))
        kind_text = f"{kind:<11}"
        if self.colour:
            kind_text = f"\033[{COLOURS.get(kind, '0')}m{kind_text}\033[0m"
        print(f"  {clock}  {municipality:<10} {kind_text}  {text}", flush=True)

    def _follow(self):
        while self.running:
            message = self.consumer.poll(0.1)
            if message is not None and not message.error():
                self._take(message)
            self._tell()

    def _take(self, message):
        topic = message.topic().removeprefix(self.prefix)
        headers = {name: (value or b"").decode("utf-8", "replace") for name, value in message.headers() or []}
        try:
            body = json.loads(message.value()) if message.value() else None
        except ValueError:
            body = None
        municipality = (message.key() or b"?").decode("utf-8", "replace").partition("/")[0]
        told = getattr(self, "_" + topic.replace("-", "_"))(municipality, body, headers)
        with self.news:
            if told:
                self._hold(message.timestamp()[1] / 1000, municipality, *told)
            self.seen.append({"topic": topic, "municipality": municipality, "body": body})
            self.news.notify_all()

    def _tell(self):
        with self.news:
            due = sorted((line for line in self.held if time.time() - line["moment"] > HOLD_SECONDS),
                         key=lambda line: line["moment"])
            self.held = [line for line in self.held if line not in due]
        for line in due:
            (municipality, kind, group), texts = line["key"], line["texts"]
            if len(texts) <= FEW:
                for text in texts:
                    self._print(line["moment"], municipality, kind, f"{group} {text}".strip())
            else:
                self._print(line["moment"], municipality, kind, f"{group} {len(texts)} events, such as {texts[0]}")

    # What a message says: (kind, group, text), or None where it is not worth a line.
    def _snapshots(self, municipality, body, headers):
        if headers.get("dplsync-unchanged") == "true" or headers.get("dplsync-part") != "1":
            return None
        fresh, events = headers.get("dplsync-fresh") == "true", headers.get("dplsync-events")
        if not fresh and self.sizes.get(municipality) == events:
            return None
        self.sizes[municipality] = events
        return "snapshot", "", f"{events} events read {'past the site’s cache' if fresh else 'from the site'}"

    def _changes(self, municipality, body, headers):
        if body is None or body["op"] == "snapshot":
            return None
        if body["op"] == "delete":
            return "change", "delete", f"{self._title(body)} ({body['reason']})"
        self.titles[body["uuid"]] = str(body["event"].get("title", "(no title)"))
        changed = f" (changed: {', '.join(body['changed'])})" if body.get("changed") else ""
        return "change", body["op"], self._title(body) + changed

    def _updates(self, municipality, body, headers):
        if body is None:
            return "update", "", "(not JSON)"
        if "state" in body:
            return "update", f"state {body['state']} for", self._title(body)
        return "update", "link for", self._title(body)

    def _results(self, municipality, body, headers):
        if body is None:
            return None
        what = " and ".join(text for member, text in (("state", body.get("state")), ("external_data", "link"))
                            if body.get(member)) or "nothing"
        return "result", f"{body['outcome']}: {what} for", self._title(body)

    def _dead_letters(self, municipality, body, headers):
        return "dead letter", headers.get("dplsync-reason", "?"), headers.get("dplsync-detail", "")

    def _control(self, municipality, body, headers):
        if body is None or body.get("command") != "refresh":
            return "control", "", (body or {}).get("command", "?")
        fresh = " past its cache" if body.get("fresh") else ""
        return "control", "", f"read the site again{fresh}, please"

    def _title(self, body):
        title = self.titles.get(body.get("uuid"), str(body.get("uuid"))[:8])
        return f"“{title if len(title) <= TITLE_CHARACTERS else title[:TITLE_CHARACTERS - 1] + '…'}”"
