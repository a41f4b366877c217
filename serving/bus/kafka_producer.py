"""One way of publishing to Kafka (acknowledgement, linger), kept connected."""

import asyncio
import contextlib

import structlog
from aiokafka import AIOKafkaProducer

from serving.bus.backoff import backoff_delays
from serving.bus.kafka_servers import KafkaServers
from serving.bus.kafka_topics import BATCH_OVERHEAD_BYTES
from serving.bus.routing import MAX_MESSAGE_BYTES
from serving.bus.shared_task import SharedTask
from serving.bus.topics import Topic

# Also how long an unsent batch waits for its broker, and so how long closing may take.
REQUEST_TIMEOUT_MS = 4_000
START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 6.0
_BATCH_BYTES = 256 * 1024

_log = structlog.get_logger(__name__)


class KafkaProducer:
    """A producer that connects in the background, and is replaced when it failed.

    An idempotent producer that gave up on a batch has a gap in its sequence numbers and never
    recovers, so every failure replaces it.
    """

    def __init__(self, servers: KafkaServers, topic: Topic) -> None:
        """`topic` stands for all topics with the same `acks` and `linger_ms`."""
        self._servers = servers
        self._acks = topic.acks
        self._linger_ms = topic.linger_ms
        self._connection = SharedTask(self._connect)
        self._stopping: set[asyncio.Task[None]] = set()

    async def connected(self) -> None:
        """Wait for the connection, however long it takes."""
        await self._connection.result()

    async def append(self, topic_name: str, value: bytes, key: bytes | None, partition: int) -> int:
        """Wait for the acknowledgement, and for the connection where there is none yet.

        Returns:
            The offset of the message.

        Raises:
            KafkaError: Not acknowledged; it may have been kept all the same.
        """
        producer = await self._connection.result()
        try:
            sent = await producer.send(topic_name, value, key, partition)
            offset: int = (await sent).offset
        except Exception:
            self._replace(producer)
            raise
        return offset

    def _replace(self, failed: AIOKafkaProducer) -> None:
        if self._connection.forget(failed):
            task = asyncio.create_task(_stop(failed))
            self._stopping.add(task)
            task.add_done_callback(self._stopping.discard)

    async def close(self) -> None:
        """Send what was accepted, within `STOP_TIMEOUT_S`, and disconnect."""
        producer = await self._connection.close()
        if producer is not None:
            await _stop(producer)
        if self._stopping:
            await asyncio.wait(self._stopping)

    async def _connect(self) -> AIOKafkaProducer:
        delays = backoff_delays()
        while True:
            producer = self._new_producer()
            try:
                async with asyncio.timeout(START_TIMEOUT_S):
                    await producer.start()
                return producer
            except Exception as error:  # whatever a network can do; tried again for ever
                await producer.stop()
                problem = await self._servers.why(error)
                _log.warning("no Kafka producer yet", servers=str(self._servers), problem=problem)
            except BaseException:
                await producer.stop()
                raise
            await asyncio.sleep(next(delays))

    def _new_producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **self._servers.client_options(),
            acks="all" if self._acks == "all" else 1,
            enable_idempotence=self._acks == "all",
            linger_ms=self._linger_ms,
            max_batch_size=_BATCH_BYTES,
            max_request_size=MAX_MESSAGE_BYTES + BATCH_OVERHEAD_BYTES,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
        )


async def _stop(producer: AIOKafkaProducer) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await producer.stop()
