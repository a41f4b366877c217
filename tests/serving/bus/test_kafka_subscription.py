"""A reader of a Kafka that takes connections and refuses every fetch."""

import asyncio
from types import SimpleNamespace

import pytest
from aiokafka.errors import TopicAuthorizationFailedError

from serving.bus.counters import BusCounters
from serving.bus.kafka_positions import KafkaPositions
from serving.bus.kafka_subscription import KafkaSubscription
from serving.bus.topics import ACTIONS

LOOKED_AT_S = 1.0
MOST_CONNECTIONS = 10
"""In one second with waits of 50, 100, 200 … ms, each cut by up to a half."""


class Refusing:
    async def start(self) -> None:
        """It may connect."""

    async def stop(self) -> None:
        """Nothing is open."""

    async def getmany(self, **_: object) -> dict[object, object]:
        raise TopicAuthorizationFailedError({ACTIONS.name})


async def nothing(*_: object, **__: object) -> None:
    return None


@pytest.fixture
async def connections(monkeypatch):
    """Every consumer that was made."""
    made: list[Refusing] = []

    def new_consumer(_self: KafkaSubscription) -> Refusing:
        made.append(Refusing())
        return made[-1]

    monkeypatch.setattr(KafkaSubscription, "_new_consumer", new_consumer)
    monkeypatch.setattr(KafkaPositions, "seek", nothing)
    return made


async def test_it_does_not_connect_again_and_again_without_a_pause(connections):
    servers = SimpleNamespace(password=lambda: None, why=nothing)
    identity, topics = SimpleNamespace(check=nothing), SimpleNamespace(ensure=nothing)
    reader = KafkaSubscription(
        servers, identity, topics, ACTIONS, {0: 0}, reader="reader", counters=BusCounters()
    )

    async def read() -> None:
        while True:
            assert await reader.poll(10, 0.1) == []

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(LOOKED_AT_S):
            await read()
    await reader.close()
    assert 2 <= len(connections) <= MOST_CONNECTIONS
