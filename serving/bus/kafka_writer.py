"""Appends to Kafka for many callers at once; what waits for the broker is bounded."""

import asyncio
from collections.abc import Sequence

import structlog
from aiokafka.errors import KafkaError

from serving.bus.counters import BusCounters
from serving.bus.group_commit import Append, GroupCommit
from serving.bus.kafka_producer import KafkaProducer
from serving.bus.kafka_records import encode_key
from serving.bus.kafka_servers import KafkaServers
from serving.bus.kafka_topics import KafkaTopics
from serving.bus.topics import Topic
from serving.errors import BusUnavailableError, PreconditionError

MAX_PENDING_MESSAGES = 50_000
MAX_PENDING_BYTES = 64 << 20
SEND_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 5.0

_log = structlog.get_logger(__name__)


class KafkaWriter:
    """One producer per kind of topic, and the queue of what is sent without waiting."""

    def __init__(
        self,
        servers: KafkaServers,
        topics: KafkaTopics,
        counters: BusCounters,
        *,
        max_messages: int,
        max_bytes: int,
    ) -> None:
        """The bounds are on what `send` has accepted."""
        self._servers = servers
        self._topics = topics
        self._counters = counters
        self._producers: dict[tuple[str, int], KafkaProducer] = {}
        self._publishing_bytes = 0
        self._sending = GroupCommit(self._send_all, max_messages=max_messages, max_bytes=max_bytes)

    async def prepare(self, topic: Topic) -> None:
        """Create the topic where it is missing, and connect, however long that takes.

        Raises:
            KafkaError, OSError: the broker does not answer.
        """
        await self._topics.ensure(topic)
        await self._producer_for(topic).connected()

    async def publish(
        self, topic: Topic, partition: int, key: int | None, value: bytes, timeout_s: float
    ) -> int:
        """Append, and wait until it is kept; its offset. See `Bus.publish`.

        Raises:
            BusUnavailableError: not acknowledged in time, or too much is waiting already.
        """
        size = len(value)
        try:
            if self._publishing_bytes + size > MAX_PENDING_BYTES:
                raise BusUnavailableError(f"topic {topic.name}: too many messages are waiting")
            self._publishing_bytes += size
            try:
                return await self._append(topic, partition, key, value, timeout_s)
            finally:
                self._publishing_bytes -= size
        except BusUnavailableError:
            self._counters.publish_failures += 1
            raise

    def send(self, topic: Topic, partition: int, key: int | None, value: bytes) -> bool:
        """Append without waiting; see `Bus.send`."""
        accepted = self._sending.offer(Append(topic, partition, key, value, None))
        self._counters.dropped += not accepted
        return accepted

    async def close(self) -> None:
        """Send what was accepted, for at most `CLOSE_TIMEOUT_S`, and disconnect."""
        if left := await self._sending.drain(CLOSE_TIMEOUT_S):
            _log.error("messages not sent at close", count=len(left))
            self._counters.dropped += len(left)
        await asyncio.gather(*(producer.close() for producer in self._producers.values()))

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
            problem = f"topic {topic.name} on {self._servers}: {error!r}"
            raise BusUnavailableError(problem) from error
        self._counters.published += 1
        return offset

    async def _send_all(self, batch: Sequence[Append]) -> None:
        outcomes = await asyncio.gather(*(self._send_one(append) for append in batch))
        if lost := outcomes.count(False):
            self._counters.dropped += lost
            _log.warning("messages dropped", count=lost)

    async def _send_one(self, append: Append) -> bool:
        try:
            await self._append(
                append.topic, append.partition, append.key, append.value, SEND_TIMEOUT_S
            )
        except BusUnavailableError:
            return False
        except Exception:  # of the client, which asserts what a topic deleted meanwhile breaks
            _log.exception("message not sent", topic=append.topic.name)
            return False
        return True

    def _producer_for(self, topic: Topic) -> KafkaProducer:
        kind = (topic.acks, topic.linger_ms)
        if kind not in self._producers:
            self._producers[kind] = KafkaProducer(self._servers, topic)
        return self._producers[kind]
