"""The embedded bus: a durable, replayable log in one directory, for one process on one machine."""

import asyncio
import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog

from serving.bus.counters import BusCounters
from serving.bus.dead_letters import MAX_UNREADABLE_SHARE
from serving.bus.log_subscription import LogSubscription
from serving.bus.log_writer import LogWriter
from serving.bus.routing import checked_partition, route
from serving.bus.topic_log import is_memory_only
from serving.bus.topic_logs import TopicLogs, wall_clock_ms
from serving.bus.topics import Topic
from serving.errors import BusUnavailableError, InvalidRequestError, PreconditionError

TRIM_INTERVAL_S = 60.0
MAX_PENDING_MESSAGES = 50_000
MAX_PENDING_BYTES = 64 << 20

_log = structlog.get_logger(__name__)


class LogBus:
    """Implements `Bus` over RocksDB. Used from one event loop."""

    def __init__(
        self,
        directory: Path,
        *,
        now_ms: Callable[[], int] = wall_clock_ms,
        max_pending_messages: int = MAX_PENDING_MESSAGES,
        max_pending_bytes: int = MAX_PENDING_BYTES,
        max_unreadable_share: float = MAX_UNREADABLE_SHARE,
    ) -> None:
        self.counters = BusCounters()
        self.max_unreadable_share = max_unreadable_share
        self._directory = directory
        self._logs = TopicLogs(self.counters, now_ms)
        self._max_pending_messages = max_pending_messages
        self._max_pending_bytes = max_pending_bytes
        self._writer: LogWriter | None = None
        self._trimming: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the directory.

        Raises:
            BusUnavailableError: Another process holds it, or it cannot be read.
            PreconditionError: It holds something else, or a log that lost data.
        """
        await self._logs.open(self._directory)
        self._writer = LogWriter(
            self._logs,
            self.counters,
            max_messages=self._max_pending_messages,
            max_bytes=self._max_pending_bytes,
        )
        self._trimming = asyncio.create_task(self._trim_periodically(), name="bus-trim")

    async def identity(self) -> str:
        self._started()
        return f"log-{self._logs.identity}"

    async def prepare(self, topics: Sequence[Topic], timeout_s: float) -> bool:  # noqa: ARG002
        return True  # a topic opens in microseconds

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
        writer = self._started()
        if is_memory_only(topic):
            return target, self._logs.append_in_memory(topic, target, key, value)
        return await writer.publish(topic, target, key, value, timeout_s)

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
        if is_memory_only(topic):
            self._logs.append_in_memory(topic, target, key, value)
            return True
        return writer.send(topic, target, key, value)

    async def subscribe(
        self, topic: Topic, start: Mapping[int, int | None], *, reader: str
    ) -> LogSubscription:
        """See `Bus.subscribe`.

        Raises:
            PreconditionError: A start is past the end of a topic that cannot lose what it
                acknowledged: the log is not the one that the reader's offsets came from.
        """
        self._started()
        log = await self._logs.get(topic)
        positions = {}
        for partition, wanted in start.items():
            end = log.tails[checked_partition(topic, partition)].end
            if wanted is not None and wanted > end and topic.acks == "all":
                place = f"log directory {self._directory}: {topic.name}[{partition}]"
                problem = f"ends at {end}, {reader} wants {wanted}"
                advice = "this is not the log that the offset came from"
                raise PreconditionError(f"{place} {problem}: {advice}")
            positions[partition] = end if wanted is None else min(wanted, end)
        return LogSubscription(
            log,
            positions,
            reader=reader,
            read_disk=functools.partial(self._logs.read, topic),
            commit=functools.partial(self._logs.commit, topic, reader),
            counters=self.counters,
        )

    async def end_offsets(self, topic: Topic, partitions: Sequence[int]) -> dict[int, int]:
        self._started()
        log = await self._logs.get(topic)
        return {p: log.tails[checked_partition(topic, p)].end for p in partitions}

    async def committed(
        self, topic: Topic, partitions: Sequence[int], *, reader: str
    ) -> dict[int, int]:
        self._started()
        return await self._logs.committed(topic, reader, partitions)

    async def trim(self) -> None:
        """Remove what retention no longer keeps; also runs by itself every `TRIM_INTERVAL_S`."""
        await self._logs.trim()

    async def close(self) -> None:
        if self._writer is None or self._trimming is None:
            return
        writer, self._writer = self._writer, None
        await writer.close()
        self._trimming.cancel()
        await asyncio.wait([self._trimming])
        await self._logs.close()

    async def _trim_periodically(self) -> None:
        while True:
            await asyncio.sleep(TRIM_INTERVAL_S)
            try:
                await self.trim()
            except Exception:
                _log.exception("retention failed; tried again later")

    def _started(self) -> LogWriter:
        if self._writer is None:
            raise BusUnavailableError(f"log directory {self._directory}: bus is not started")
        return self._writer
