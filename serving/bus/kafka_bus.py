"""The bus over Kafka: starts without a broker, connects when there is one, and never blocks."""

import asyncio
from collections.abc import Mapping, Sequence

import structlog
from aiokafka.errors import KafkaError

from serving.bus.counters import BusCounters
from serving.bus.dead_letters import MAX_UNREADABLE_SHARE
from serving.bus.kafka_identity import KafkaIdentity
from serving.bus.kafka_offsets import KafkaOffsets
from serving.bus.kafka_servers import KafkaServers
from serving.bus.kafka_subscription import KafkaSubscription
from serving.bus.kafka_topics import KafkaTopics
from serving.bus.kafka_writer import MAX_PENDING_BYTES, MAX_PENDING_MESSAGES, KafkaWriter
from serving.bus.routing import checked_partition, route
from serving.bus.topics import Topic
from serving.errors import BusUnavailableError, InvalidRequestError

OPEN_TIMEOUT_S = 5.0

_log = structlog.get_logger(__name__)


class KafkaBus:
    """Implements `Bus`. Used from one event loop."""

    def __init__(
        self,
        servers: KafkaServers,
        *,
        max_pending_messages: int = MAX_PENDING_MESSAGES,
        max_pending_bytes: int = MAX_PENDING_BYTES,
        max_unreadable_share: float = MAX_UNREADABLE_SHARE,
    ) -> None:
        """The bounds are on what `send` has accepted."""
        self.counters = BusCounters()
        self.max_unreadable_share = max_unreadable_share
        self._servers = servers
        self._max_pending_messages = max_pending_messages
        self._max_pending_bytes = max_pending_bytes
        self._identity = KafkaIdentity(servers)
        self._topics = KafkaTopics(servers)
        self._offsets = KafkaOffsets(servers)
        self._writer: KafkaWriter | None = None

    async def start(self) -> None:
        self._writer = KafkaWriter(
            self._servers,
            self._topics,
            self.counters,
            max_messages=self._max_pending_messages,
            max_bytes=self._max_pending_bytes,
        )

    async def identity(self) -> str:
        self._started()
        return await self._identity.get()

    async def prepare(self, topics: Sequence[Topic], timeout_s: float) -> bool:
        writer = self._started()
        try:
            async with asyncio.timeout(timeout_s):
                for topic in topics:
                    await writer.prepare(topic)
        except (KafkaError, TimeoutError, OSError) as error:
            problem = await self._servers.why(error)
            _log.warning("not ready to publish yet", servers=str(self._servers), problem=problem)
            return False
        return True

    async def publish(
        self,
        topic: Topic,
        value: bytes,
        *,
        key: int | None = None,
        partition: int | None = None,
        timeout_s: float,
    ) -> tuple[int, int]:
        target = route(topic, value, key, partition)
        return target, await self._started().publish(topic, target, key, value, timeout_s)

    def send(
        self, topic: Topic, value: bytes, *, key: int | None = None, partition: int | None = None
    ) -> bool:
        try:
            target = route(topic, value, key, partition)
            writer = self._started()
        except (InvalidRequestError, BusUnavailableError) as error:
            _log.error("message not sent", topic=topic.name, problem=str(error))
            self.counters.dropped += 1
            return False
        return writer.send(topic, target, key, value)

    async def subscribe(
        self, topic: Topic, start: Mapping[int, int | None], *, reader: str
    ) -> KafkaSubscription:
        for partition in start:
            checked_partition(topic, partition)
        self._started()
        subscription = KafkaSubscription(
            self._servers,
            self._identity,
            self._topics,
            topic,
            start,
            reader=reader,
            counters=self.counters,
        )
        try:
            await subscription.opened(OPEN_TIMEOUT_S)
        except BaseException:
            await subscription.close()
            raise
        return subscription

    async def end_offsets(self, topic: Topic, partitions: Sequence[int]) -> dict[int, int]:
        self._started()
        places = [checked_partition(topic, partition) for partition in partitions]
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                await self._topics.ensure(topic)
                return await self._offsets.ends(topic, places)
        except (KafkaError, TimeoutError, OSError) as error:
            raise self._away(topic, error) from error

    async def committed(
        self, topic: Topic, partitions: Sequence[int], *, reader: str
    ) -> dict[int, int]:
        self._started()
        try:
            return await self._offsets.committed(topic, partitions, reader)
        except (KafkaError, TimeoutError, OSError) as error:
            raise self._away(topic, error) from error

    async def close(self) -> None:
        if self._writer is None:
            return
        writer, self._writer = self._writer, None
        await writer.close()
        await self._topics.close()
        await self._offsets.close()
        await self._servers.close()

    def _away(self, topic: Topic, error: Exception) -> BusUnavailableError:
        return BusUnavailableError(f"topic {topic.name} on {self._servers}: {error!r}")

    def _started(self) -> KafkaWriter:
        if self._writer is None:
            raise BusUnavailableError(f"{self._servers}: the bus is not started")
        return self._writer
