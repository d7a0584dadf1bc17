"""Topics as a test sees them: created as CONTRACT.md says, read from their beginning, written."""

import json
import time
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from parts import Failure, wait_until

DAY_MS = 86_400_000
SUFFIXES = {
    "snapshots": {"cleanup.policy": "delete", "retention.ms": 7 * DAY_MS,
                  "message.timestamp.type": "LogAppendTime"},
    "changes": {"cleanup.policy": "compact", "min.compaction.lag.ms": DAY_MS},
    "updates": {"cleanup.policy": "delete", "retention.ms": 30 * DAY_MS},
    "results": {"cleanup.policy": "compact", "min.compaction.lag.ms": DAY_MS},
    "dead-letters": {"cleanup.policy": "delete", "retention.ms": 30 * DAY_MS},
    "control": {"cleanup.policy": "delete", "retention.ms": DAY_MS},
}


@dataclass(frozen=True)
class Record:
    partition: int
    offset: int
    key: str | None
    value: bytes | None
    headers: dict
    timestamp_ms: int

    @property
    def json(self):
        return json.loads(self.value) if self.value is not None else None


class Topics:
    """The six topics under one prefix."""

    def __init__(self, kafka, prefix, partitions=6):
        self.kafka = kafka
        self.prefix = prefix
        self.partitions = partitions
        self._readers = {}
        self._producer = None
        self._admin = AdminClient(self.client())

    def client(self, **properties):
        """Configuration of a client. What goes wrong comes as an exception, not as a log line."""
        return {"bootstrap.servers": self.kafka.bootstrap, "log_level": 0, **properties}

    def name(self, suffix):
        return self.prefix + suffix

    # administration
    def create(self, **overrides):
        """`overrides`: configuration by suffix, with "_" for "-"."""
        wanted = [NewTopic(self.name(suffix), self.partitions, 1, config={
                      name: str(value) for name, value in
                      {**config, **overrides.get(suffix.replace("-", "_"), {})}.items()})
                  for suffix, config in SUFFIXES.items()]
        settle(self._admin.create_topics(wanted))
        wait_until(self._are_led, "the new topics to have leaders")

    def create_again(self, suffix):
        """A deleted topic's name is free a little later."""
        wanted = NewTopic(self.name(suffix), self.partitions, 1, config={
            name: str(value) for name, value in SUFFIXES[suffix].items()})

        def created():
            try:
                settle(self._admin.create_topics([wanted]))
            except KafkaException:
                return False
            return True

        wait_until(created, f"{suffix} to be created again")
        wait_until(self._are_led, "the new topic to have leaders")

    def grow(self, suffix, partitions):
        settle(self._admin.create_partitions([NewPartitions(self.name(suffix), partitions)]))

    def _are_led(self):
        known = self._admin.list_topics(timeout=10).topics
        return all((topic := known.get(self.name(suffix))) and
                   len(topic.partitions) == self.partitions and
                   all(partition.leader >= 0 for partition in topic.partitions.values())
                   for suffix in SUFFIXES)

    def delete(self, *suffixes):
        settle(self._admin.delete_topics([self.name(s) for s in suffixes or SUFFIXES]))
        for suffix in suffixes or SUFFIXES:
            self._readers.pop(suffix, None)

    # reading
    def read(self, suffix):
        """All records of a topic up to its present end; in order within a partition."""
        return self._reader(suffix).read()

    def end(self, suffix, partition):
        """The offset that the next record of the partition will have."""
        return self._reader(suffix).end(partition)

    def _reader(self, suffix):
        if suffix not in self._readers:
            self._readers[suffix] = Reader(self.client(), self.name(suffix), self.partitions)
        return self._readers[suffix]

    def committed(self, group, suffix):
        """The offsets that a consumer group has committed, by partition; none: not listed."""
        consumer = Consumer(self.client(**{"group.id": group}))
        try:
            asked = [TopicPartition(self.name(suffix), p) for p in range(self.partitions)]
            return {at.partition: at.offset for at in consumer.committed(asked, timeout=10)
                    if at.offset >= 0}
        finally:
            consumer.close()

    # writing
    def send(self, suffix, key, value, headers=None, partition=None):
        """One record, acknowledged. `value` is bytes, None or something for JSON. Keys lead to the
        partition that Java's default partitioner would take."""
        if value is not None and not isinstance(value, bytes):
            value = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        if self._producer is None:
            self._producer = Producer(self.client(acks="all", partitioner="murmur2",
                                                  **{"linger.ms": 0}))
        reports = []
        extra = {} if partition is None else {"partition": partition}
        self._producer.produce(self.name(suffix), key=key, value=value,
                               headers=list((headers or {}).items()),
                               on_delivery=lambda error, record: reports.append((error, record)),
                               **extra)
        self._producer.flush(30)
        if not reports:
            raise Failure(f"{self.name(suffix)}: Kafka did not acknowledge a record within 30 s")
        error, record = reports[0]
        if error:
            raise KafkaException(error)
        return record.partition(), record.offset()

    def send_all(self, suffix, records):
        """Many at once, as (key, value for JSON), in their order; all acknowledged."""
        producer = Producer(self.client(acks="all", partitioner="murmur2",
                                        **{"linger.ms": 5, "queue.buffering.max.messages": 1_000_000}))
        failed = []
        for key, value in records:
            producer.produce(self.name(suffix), key=key, value=json.dumps(value).encode(),
                             on_delivery=lambda error, _: error and failed.append(error))
            producer.poll(0)
        if producer.flush(60) or failed:
            raise Failure(f"{self.name(suffix)}: not all was acknowledged: {failed[:1]}")

    def close(self):
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()
        self._producer = None


class Reader:
    """Reads one topic on and on, and remembers."""

    def __init__(self, client, topic, partitions):
        self.topic = topic
        self.records = []
        self.next = dict.fromkeys(range(partitions), 0)
        self.consumer = Consumer({**client, "group.id": "tests-read",
                                  "enable.auto.commit": False, "auto.offset.reset": "earliest",
                                  "fetch.wait.max.ms": 10, "enable.partition.eof": True,
                                  "topic.metadata.refresh.interval.ms": 1000})
        self.consumer.assign([TopicPartition(topic, p, 0) for p in self.next])

    def read(self, timeout=20):
        ends = {p: self.end(p) for p in self.next}
        deadline = time.monotonic() + timeout
        while any(self.next[p] < ends[p] for p in ends):
            if time.monotonic() > deadline:
                raise Failure(f"{self.topic} could not be read to its end")
            for message in self.consumer.consume(1000, 0.05):
                self._take(message)
        return list(self.records)

    def end(self, partition, timeout=10):
        """A topic that was just created has partitions without a leader for a moment."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                return self.consumer.get_watermark_offsets(TopicPartition(self.topic, partition),
                                                           timeout=timeout)[1]
            except KafkaException:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def _take(self, message):
        if message.error():
            # The end of a partition; behind it may be only the marks of a transaction.
            if message.error().name() == "_PARTITION_EOF":
                self.next[message.partition()] = message.offset()
            return
        self.next[message.partition()] = message.offset() + 1
        headers = {name: value.decode("utf-8", "replace") if value is not None else None
                   for name, value in message.headers() or []}
        key = message.key()
        self.records.append(Record(message.partition(), message.offset(),
                                   key.decode("utf-8", "replace") if key is not None else None,
                                   message.value(), headers, message.timestamp()[1]))

    def close(self):
        self.consumer.close()


def settle(futures):
    for future in futures.values():
        future.result(timeout=30)
