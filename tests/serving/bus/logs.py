"""Opens embedded logs for tests."""

from pathlib import Path

from serving.bus.log_bus import LogBus
from tests.serving.bus.builders import a_topic, values

NOON_MS = 1_750_000_000_000
TIMEOUT_S = 10.0


class SettableClock:
    def __init__(self) -> None:
        self.now_ms = NOON_MS

    def __call__(self) -> int:
        return self.now_ms


async def opened(directory: Path, **options) -> LogBus:
    bus = LogBus(directory, **options)
    await bus.start()
    return bus


async def all_values(bus: LogBus, topic, start: int = 0) -> list[bytes]:
    subscription = await bus.subscribe(topic, {0: start}, reader="test")
    messages = await subscription.poll(1_000, 0.05)
    await subscription.close()
    return values(messages)


def a_topic_named(name: str):
    topic = a_topic(partitions=1)
    return type(topic)(name, 1, topic.acks, topic.retention_ms)
