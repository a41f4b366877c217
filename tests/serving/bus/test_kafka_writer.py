"""What is sent without waiting, when the client of Kafka fails in ways that it should not."""

from types import SimpleNamespace

from serving.bus.counters import BusCounters
from serving.bus.kafka_writer import KafkaWriter
from serving.bus.topics import SERVED
from tests.serving.until import until


class Broken:
    """A producer that asserts as the real one does on a topic that somebody deleted."""

    def __init__(self) -> None:
        self.is_broken = True
        self.kept: list[bytes] = []

    async def append(self, _topic: str, value: bytes, _key: object, _partition: int) -> int:
        assert not self.is_broken, "partition is not there"
        self.kept.append(value)
        return len(self.kept) - 1

    async def close(self) -> None:
        """Nothing is open."""


async def verified(_topic: object) -> None:
    """Every topic is as it must be."""


async def test_an_assertion_of_the_client_costs_its_message_and_no_other(monkeypatch):
    producer, counters = Broken(), BusCounters()
    monkeypatch.setattr(KafkaWriter, "_producer_for", lambda _self, _topic: producer)
    topics = SimpleNamespace(ensure=verified)
    writer = KafkaWriter("somewhere", topics, counters, max_messages=10, max_bytes=1_000)
    assert writer.send(SERVED, 0, 1, b"first")
    await until(lambda: counters.dropped)
    producer.is_broken = False
    assert writer.send(SERVED, 0, 1, b"second")
    await writer.close()
    assert producer.kept == [b"second"]
    assert counters.dropped == 1
