"""All topics of the embedded log: opened on first use, written in batches, trimmed by retention."""

import asyncio
import functools
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ParamSpec, TypeVar

import structlog

from serving.bus.bus import Message
from serving.bus.counters import BusCounters
from serving.bus.group_commit import Append
from serving.bus.log_storage import LogStorage
from serving.bus.topic_log import TopicLog, is_memory_only
from serving.bus.topics import Topic, wrong_partition_count
from serving.errors import FeedError

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

_log = structlog.get_logger(__name__)


def wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


class TopicLogs:
    """Writes go through one thread in order, reads through another; the loop never waits for disk.

    What `is_memory_only` names is never written at all. After a write that failed the next one
    finds out whether there is room again: see `LogDatabase`, which also says what is raised.
    """

    def __init__(self, counters: BusCounters, now_ms: Callable[[], int]) -> None:
        self._counters = counters
        self._now_ms = now_ms
        self._logs: dict[str, TopicLog] = {}
        self._opening = asyncio.Lock()
        self._writer = ThreadPoolExecutor(1, "bus-writer")
        self._reader = ThreadPoolExecutor(1, "bus-reader")
        self._storage: LogStorage

    identity: str
    """Which log this is, once open."""

    async def open(self, directory: Path) -> None:
        """Open the directory.

        Raises:
            BusUnavailableError: Another process holds it, or it cannot be read.
            PreconditionError: It holds something else, or a log that lost data.
        """
        self._storage = await self._on(self._writer, LogStorage, directory)
        self.identity = await self._on(self._writer, self._storage.identity)

    async def get(self, topic: Topic) -> TopicLog:
        """The log of a topic, opened if this is its first use.

        Raises:
            PreconditionError: It exists with another partition count.
        """
        if is_memory_only(topic):
            return self.get_in_memory(topic)
        if log := self._logs.get(topic.name):
            return self._same(log, topic)
        async with self._opening:
            if topic.name not in self._logs:
                bounds = await self._on(self._writer, self._storage.open_topic, topic)
                self._logs[topic.name] = TopicLog(topic, bounds)
        return self._same(self._logs[topic.name], topic)

    def _same(self, log: TopicLog, topic: Topic) -> TopicLog:
        if log.topic.partitions != topic.partitions:
            raise wrong_partition_count(topic, log.topic.partitions, "here")
        return log

    def get_in_memory(self, topic: Topic) -> TopicLog:
        log = self._logs.get(topic.name)
        if log is None:
            log = self._logs[topic.name] = TopicLog(topic, [(0, 0)] * topic.partitions)
        return self._same(log, topic)

    def append_in_memory(self, topic: Topic, partition: int, key: int | None, value: bytes) -> int:
        """Show a message of a memory-only topic to readers; returns its offset."""
        log = self.get_in_memory(topic)
        message = self._message(log, partition, log.tails[partition].end, key, value)
        log.tails[partition].expire(message.timestamp_ms - topic.retention_ms)
        log.append(message)
        self._counters.published += 1
        return message.offset

    async def append(self, batch: Sequence[Append]) -> list[Message]:
        """Give the batch offsets, keep it on disk, then show it to readers. All or none.

        One call at a time: a batch has to know the offsets of the one before it.
        """
        await self._heal()
        logs = [await self.get(append.topic) for append in batch]
        messages = self._placed(logs, batch)
        sync = any(append.topic.acks == "all" for append in batch)
        pairs = [(append.topic, message) for append, message in zip(batch, messages, strict=True)]
        await self._on(self._writer, functools.partial(self._storage.append, sync=sync), pairs)
        self._counters.disk_syncs += sync
        self._counters.published += len(batch)
        for log, message in zip(logs, messages, strict=True):
            log.append(message)
        return messages

    async def _heal(self) -> None:
        """Take writes again where that is possible now.

        What a failed write left behind was acknowledged to nobody; it counts all the same, as no
        offset may have two messages.
        """
        if self._storage.takes_writes or not await self._on(self._writer, self._storage.heal):
            return
        for log in self._logs.values():
            if log.on_disk:
                bounds = await self._on(self._writer, self._storage.open_topic, log.topic)
                log.found_on_disk([end for _, end in bounds])

    def _placed(self, logs: Sequence[TopicLog], batch: Sequence[Append]) -> list[Message]:
        next_offsets: dict[tuple[str, int], int] = {}
        messages = []
        for log, append in zip(logs, batch, strict=True):
            place = (log.topic.name, append.partition)
            offset = next_offsets.get(place, log.tails[append.partition].end)
            next_offsets[place] = offset + 1
            messages.append(self._message(log, append.partition, offset, append.key, append.value))
        return messages

    def _message(
        self, log: TopicLog, partition: int, offset: int, key: int | None, value: bytes
    ) -> Message:
        timestamp_ms = max(self._now_ms(), log.tails[partition].newest_ms)
        return Message(partition, offset, key, value, timestamp_ms)

    async def read(
        self, topic: Topic, partition: int, start: int, end: int, limit: int
    ) -> list[Message]:
        """Messages on disk with offsets in `[start, end)`, in a bounded chunk."""
        return await self._on(self._reader, self._storage.read, topic, partition, start, end, limit)

    async def commit(self, topic: Topic, reader: str, next_offsets: Mapping[int, int]) -> None:
        await self._on(self._writer, self._storage.commit, topic, reader, dict(next_offsets))

    async def committed(
        self, topic: Topic, reader: str, partitions: Sequence[int]
    ) -> dict[int, int]:
        return await self._on(self._reader, self._storage.committed, topic, reader, partitions)

    async def trim(self) -> None:
        """Remove what retention no longer keeps, and remember the end offsets beside the data."""
        for log in list(self._logs.values()):
            cutoff_ms = self._now_ms() - log.topic.retention_ms
            for partition, tail in enumerate(log.tails):
                tail.expire(cutoff_ms)
                if log.on_disk and not log.topic.compacted and tail.oldest < tail.end:
                    tail.oldest = await self._on(
                        self._writer,
                        self._storage.trim, log.topic, partition, tail.oldest, tail.end, cutoff_ms,
                    )  # fmt: skip
        await self._on(self._writer, self._storage.record_ends, self._ends())

    async def close(self) -> None:
        """What fails is logged: the next start reads all that was acknowledged all the same."""
        record_ends = functools.partial(self._storage.record_ends, self._ends())
        for step in (record_ends, self._storage.close):
            try:
                await self._on(self._writer, step)
            except (FeedError, OSError) as error:
                _log.error("log not closed in order", cause=str(error))
        self._writer.shutdown()
        self._reader.shutdown()

    def _ends(self) -> dict[str, list[int]]:
        on_disk = [log for log in self._logs.values() if log.on_disk]
        return {log.topic.name: [tail.end for tail in log.tails] for log in on_disk}

    @staticmethod
    async def _on(
        executor: ThreadPoolExecutor,
        function: Callable[_Arguments, _Result],
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> _Result:
        call = functools.partial(function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(executor, call)
