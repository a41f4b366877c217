"""The bus over Kafka: starts without a broker, connects when there is one, and never blocks."""

import asyncio
from collections.abc import Mapping, Sequence

import structlog
from aiokafka.errors import KafkaError

from serving.bus.counters import BusCounters
from serving.bus.dead_letters import MAX_UNREADABLE_SHARE
from serving.bus.group_commit import Append, GroupCommit
from serving.bus.kafka_identity import KafkaIdentity
from serving.bus.kafka_offsets import KafkaOffsets
from serving.bus.kafka_producer import KafkaProducer
from serving.bus.kafka_records import encode_key
from serving.bus.kafka_subscription import KafkaSubscription
from serving.bus.kafka_topics import KafkaTopics
from serving.bus.routing import checked_partition, route
from serving.bus.topics import Topic
from serving.errors import BusUnavailableError, InvalidRequestError, PreconditionError

MAX_PENDING_MESSAGES = 50_000
MAX_PENDING_BYTES = 64 << 20
SEND_TIMEOUT_S = 5.0
OPEN_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 5.0

_log = structlog.get_logger(__name__)


class KafkaBus:
    """Implements `Bus`. Used from one event loop."""

    def __init__(
        self,
        servers: str,
        *,
        max_pending_messages: int = MAX_PENDING_MESSAGES,
        max_pending_bytes: int = MAX_PENDING_BYTES,
        max_unreadable_share: float = MAX_UNREADABLE_SHARE,
    ) -> None:
        """`servers`: `host:port[,host:port...]`; the bounds are on what `send` has accepted."""
        self.counters = BusCounters()
        self.max_unreadable_share = max_unreadable_share
        self._servers = servers
        self._max_pending_messages = max_pending_messages
        self._max_pending_bytes = max_pending_bytes
        self._identity = KafkaIdentity(servers)
        self._topics = KafkaTopics(servers)
        self._offsets = KafkaOffsets(servers)
        self._producers: dict[tuple[str, int], KafkaProducer] = {}
        self._publishing_bytes = 0
        self._sending: GroupCommit | None = None

    async def start(self) -> None:
        self._sending = GroupCommit(
            self._send_all,
            max_messages=self._max_pending_messages,
            max_bytes=self._max_pending_bytes,
        )

    async def identity(self) -> str:
        self._started()
        return await self._identity.get()

    async def prepare(self, topics: Sequence[Topic], timeout_s: float) -> bool:
        self._started()
        try:
            async with asyncio.timeout(timeout_s):
                for topic in topics:
                    await self._topics.ensure(topic)
                    await self._producer_for(topic).connected()
        except (KafkaError, TimeoutError, OSError) as error:
            _log.warning("not ready to publish yet", servers=self._servers, problem=repr(error))
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
        target, size = route(topic, value, key, partition), len(value)
        self._started()
        try:
            if self._publishing_bytes + size > MAX_PENDING_BYTES:
                raise BusUnavailableError(f"topic {topic.name}: too many messages are waiting")
            self._publishing_bytes += size
            try:
                return target, await self._append(topic, target, key, value, timeout_s)
            finally:
                self._publishing_bytes -= size
        except BusUnavailableError:
            self.counters.publish_failures += 1
            raise

    def send(
        self, topic: Topic, value: bytes, *, key: int | None = None, partition: int | None = None
    ) -> bool:
        try:
            target = route(topic, value, key, partition)
            accepted = self._started().offer(Append(topic, target, key, value, None))
        except (InvalidRequestError, BusUnavailableError) as error:
            _log.error("message not sent", topic=topic.name, problem=str(error))
            accepted = False
        self.counters.dropped += not accepted
        return accepted

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
        if self._sending is None:
            return
        sending, self._sending = self._sending, None
        if left := await sending.drain(CLOSE_TIMEOUT_S):
            _log.error("messages not sent at close", count=len(left))
            self.counters.dropped += len(left)
        await asyncio.gather(*(producer.close() for producer in self._producers.values()))
        await self._topics.close()
        await self._offsets.close()

    async def _append(
        self, topic: Topic, partition: int, key: int | None, value: bytes, timeout_s: float
    ) -> int:
        try:
            async with asyncio.timeout(timeout_s):
                await self._topics.ensure(topic)
                producer = self._producer_for(topic)
                offset = await producer.append(topic.name, value, encode_key(key), partition)
        except PreconditionError as error:
            raise BusUnavailableError(str(error)) from error
        except (KafkaError, TimeoutError, OSError) as error:
            raise self._away(topic, error) from error
        self.counters.published += 1
        return offset

    async def _send_all(self, batch: Sequence[Append]) -> None:
        outcomes = await asyncio.gather(*(self._send_one(append) for append in batch))
        if lost := outcomes.count(False):
            self.counters.dropped += lost
            _log.warning("messages dropped", count=lost)

    async def _send_one(self, append: Append) -> bool:
        try:
            await self._append(
                append.topic, append.partition, append.key, append.value, SEND_TIMEOUT_S
            )
        except BusUnavailableError:
            return False
        return True

    def _producer_for(self, topic: Topic) -> KafkaProducer:
        kind = (topic.acks, topic.linger_ms)
        if kind not in self._producers:
            self._producers[kind] = KafkaProducer(self._servers, topic)
        return self._producers[kind]

    def _away(self, topic: Topic, error: Exception) -> BusUnavailableError:
        return BusUnavailableError(f"topic {topic.name} on {self._servers}: {error!r}")

    def _started(self) -> GroupCommit:
        if self._sending is None:
            raise BusUnavailableError(f"{self._servers}: the bus is not started")
        return self._sending
