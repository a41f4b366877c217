"""Topics and readers for the tests of the bus."""

import asyncio
from uuid import uuid4

from serving.bus.bus import Message, Subscription
from serving.bus.topics import DAY_MS, Topic

PATIENCE_S = 20.0


def a_topic(
    *, partitions: int = 2, acks: str = "all", retention_ms: int = DAY_MS, compacted: bool = False
) -> Topic:
    """A topic nobody else uses, also on a broker that tests share."""
    name = f"test-{uuid4().hex[:12]}"
    return Topic(name, partitions, acks, retention_ms, compacted=compacted)  # type: ignore[arg-type]


async def read(subscription: Subscription, count: int) -> list[Message]:
    """Poll until `count` messages are there; fails when they do not come."""
    messages: list[Message] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(messages) < count:
            messages += await subscription.poll(count - len(messages), PATIENCE_S)
    return messages


def values(messages: list[Message]) -> list[bytes]:
    return [message.value for message in messages]
