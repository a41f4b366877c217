"""A reader of Kafka that survives its broker: positions are ours, connections come and go."""

import asyncio
from collections.abc import Mapping

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from serving.bus.backoff import backoff_delays
from serving.bus.bus import Message
from serving.bus.counters import BusCounters
from serving.bus.kafka_identity import KafkaIdentity
from serving.bus.kafka_positions import KafkaPositions
from serving.bus.kafka_records import decode_message
from serving.bus.kafka_servers import KafkaServers
from serving.bus.kafka_topics import REQUEST_TIMEOUT_MS, KafkaTopics
from serving.bus.topics import Topic
from serving.errors import BusUnavailableError

# Fetched ahead, and ten times as large as objects: what is read from its beginning, as after the
# loss of a store, must not take all the memory there is.
_FETCH_BYTES = 4 << 20
_PARTITION_FETCH_BYTES = 256 << 10
_CONNECT_TIMEOUT_S = 10.0
_COMMIT_TIMEOUT_S = 5.0
_STOP_TIMEOUT_S = 5.0
_AWAY = (KafkaError, TimeoutError, OSError)

_log = structlog.get_logger(__name__)


class KafkaSubscription:
    """Implements `Subscription`; created by `KafkaBus.subscribe`, connects in the background."""

    def __init__(
        self,
        servers: KafkaServers,
        identity: KafkaIdentity,
        topics: KafkaTopics,
        topic: Topic,
        start: Mapping[int, int | None],
        *,
        reader: str,
        counters: BusCounters,
    ) -> None:
        self._servers = servers
        self._identity = identity
        self._topics = topics
        self._topic = topic
        self._reader = reader
        self._counters = counters
        self._positions = KafkaPositions(topic, start, reader, counters)
        self._password: str | None = None
        self._problem: Exception | None = None
        self._attempted = asyncio.Event()
        self._delays = backoff_delays()
        self._connecting = asyncio.create_task(self._connect())
        self._stopping: set[asyncio.Task[None]] = set()

    async def opened(self, timeout_s: float) -> None:
        """Wait until positioned, or, where all starts are offsets, until the broker is known away.

        Raises:
            BusUnavailableError: A start is the end, which only the broker knows, and it does not
                answer; or the topic is not as it must be.
            PreconditionError: A start is past the end, see `Bus.subscribe`.
        """
        if self._positions.need_broker:
            await asyncio.wait([self._connecting], timeout=timeout_s)
        else:
            attempt = asyncio.create_task(self._attempted.wait())
            await asyncio.wait([attempt], timeout=timeout_s)
            attempt.cancel()
        if self._connecting.done():
            self._connecting.result()
        elif self._positions.need_broker or isinstance(self._problem, BusUnavailableError):
            problem = f"topic {self._topic.name} on {self._servers}: {self._problem!r}"
            raise BusUnavailableError(problem)

    async def poll(self, max_messages: int, timeout_s: float) -> list[Message]:
        clock = asyncio.get_running_loop().time
        deadline_s = clock() + timeout_s
        if not self._connecting.done():
            await asyncio.wait([self._connecting], timeout=timeout_s)
        if not self._connecting.done():
            return []
        consumer = self._connecting.result()
        if self._servers.password() != self._password:
            # A consumer keeps the one it was made with, and tries it for ever without a word.
            self._reconnect(consumer, "the password has changed")
            return []
        wait_ms = max(0, int(1_000 * (deadline_s - clock())))
        try:
            records = await consumer.getmany(timeout_ms=wait_ms, max_records=max_messages)
            self._delays = backoff_delays()
            self._positions.advance(records)
            if not records:
                await self._positions.skip_gaps(consumer)
        except OffsetOutOfRangeError:
            await self._recover(consumer)
            return []
        except _AWAY as error:
            self._reconnect(consumer, repr(error))
            return []
        # Only a foreign producer writes empty values: deletions in a compacted topic.
        messages = [decode_message(r) for batch in records.values() for r in batch if r.value]
        self._counters.delivered += len(messages)
        return messages

    async def commit(self, next_offsets: Mapping[int, int]) -> None:
        if not self._connecting.done():
            raise BusUnavailableError(f"topic {self._topic.name}: not connected")
        places = {TopicPartition(self._topic.name, p): o for p, o in next_offsets.items()}
        try:
            async with asyncio.timeout(_COMMIT_TIMEOUT_S):
                await self._connecting.result().commit(places)
        except _AWAY as error:
            problem = f"topic {self._topic.name}: offsets of {self._reader} not committed"
            raise BusUnavailableError(problem) from error

    def positions(self) -> dict[int, int]:
        return self._positions.next_offsets()

    async def close(self) -> None:
        self._connecting.cancel()
        await asyncio.wait([self._connecting])
        if not self._connecting.cancelled() and self._connecting.exception() is None:
            await _stop(self._connecting.result())
        if self._stopping:
            await asyncio.wait(self._stopping)

    async def _recover(self, consumer: AIOKafkaConsumer) -> None:
        """The broker does not have a position: retention took it, or the log is another one."""
        try:
            await self._positions.seek(consumer, check_end=True)
        except _AWAY as error:
            self._reconnect(consumer, repr(error))

    def _reconnect(self, consumer: AIOKafkaConsumer, problem: str) -> None:
        _log.warning("Kafka reader reconnects", reader=self._reader, problem=problem)
        task = asyncio.create_task(_stop(consumer))
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)
        self._connecting = asyncio.create_task(self._connect_again())

    async def _connect_again(self) -> AIOKafkaConsumer:
        """Not at once: what can be connected to may still refuse every fetch."""
        await asyncio.sleep(next(self._delays))
        return await self._connect()

    async def _connect(self) -> AIOKafkaConsumer:
        """A consumer standing at our positions, whatever it takes."""
        while True:
            consumer = self._new_consumer()
            try:
                async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                    await self._identity.check()
                    await self._topics.ensure(self._topic)
                    await consumer.start()
                    # Later on, a replica that lags behind may not yet show the end.
                    first = not self._attempted.is_set()
                    await self._positions.seek(consumer, check_end=first)
                return consumer
            except (*_AWAY, BusUnavailableError) as error:
                self._problem = error
                await _stop(consumer)
                problem = await self._servers.why(error)
                _log.warning("no Kafka reader yet", reader=self._reader, problem=problem)
            except BaseException:
                await _stop(consumer)
                raise
            finally:
                self._attempted.set()
            await asyncio.sleep(next(self._delays))

    def _new_consumer(self) -> AIOKafkaConsumer:
        self._password = self._servers.password()
        return AIOKafkaConsumer(
            **self._servers.client_options(),
            group_id=self._reader,
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_bytes=_FETCH_BYTES,
            max_partition_fetch_bytes=_PARTITION_FETCH_BYTES,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
        )


async def _stop(consumer: AIOKafkaConsumer) -> None:
    try:
        async with asyncio.timeout(_STOP_TIMEOUT_S):
            await consumer.stop()
    except _AWAY as error:
        _log.warning("Kafka reader not stopped cleanly", problem=repr(error))
