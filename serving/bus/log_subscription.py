"""A reader of the embedded log: from memory at the end, from disk in small chunks further back."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from serving.bus.bus import Message
from serving.bus.counters import BusCounters
from serving.bus.topic_log import TopicLog
from serving.errors import BusUnavailableError

ReadDisk = Callable[[int, int, int, int], Awaitable[list[Message]]]
Commit = Callable[[Mapping[int, int]], Awaitable[None]]

_log = structlog.get_logger(__name__)


class LogSubscription:
    """Implements `Subscription`; created by `LogBus.subscribe`."""

    def __init__(
        self,
        log: TopicLog,
        positions: Mapping[int, int],
        *,
        reader: str,
        read_disk: ReadDisk,
        commit: Commit,
        counters: BusCounters,
    ) -> None:
        """`read_disk(partition, start, end, limit)` and `commit(next_offsets)` run off the loop."""
        self._topic_log = log
        self._positions = dict(positions)
        self._reader = reader
        self._read_disk = read_disk
        self._commit = commit
        self._counters = counters
        # Partitions with something to read, in the order in which they are served.
        self._ready: dict[int, None] = dict.fromkeys(
            p for p, position in positions.items() if position < log.tails[p].end
        )
        self._wake = asyncio.Event()
        log.add_reader(self, list(positions))

    def notice(self, partition: int) -> None:
        self._ready[partition] = None
        self._wake.set()

    async def poll(self, max_messages: int, timeout_s: float) -> list[Message]:
        clock = asyncio.get_running_loop().time
        deadline_s = clock() + timeout_s
        while True:
            # Outside the time limit: what is there is returned, even if its disk is slow.
            try:
                if self._ready and (messages := await self._collect(max_messages)):
                    return messages
            except BusUnavailableError as error:
                _log.warning("log not read", reader=self._reader, problem=str(error))
                await asyncio.sleep(timeout_s)
                return []
            if not self._ready and not await self._woken(deadline_s - clock()):
                return []

    async def _woken(self, timeout_s: float) -> bool:
        """Wait until a partition has grown; False when none has in time."""
        self._wake.clear()
        try:
            async with asyncio.timeout(timeout_s):
                await self._wake.wait()
        except TimeoutError:
            return False
        return True

    async def _collect(self, max_messages: int) -> list[Message]:
        """Messages of the ready partitions. Positions move only at the end, without an await, so a
        cancelled poll loses nothing."""
        messages: list[Message] = []
        moved: dict[int, int] = {}
        for partition in list(self._ready):
            if len(messages) >= max_messages:
                break
            found, moved[partition] = await self._next(partition, max_messages - len(messages))
            messages += found
        for partition, position in moved.items():
            self._positions[partition] = position
            self._ready.pop(partition, None)
            if position < self._topic_log.tails[partition].end:
                self._ready[partition] = None
        self._counters.delivered += len(messages)
        return messages

    async def _next(self, partition: int, limit: int) -> tuple[list[Message], int]:
        """Messages of one partition and the position after them."""
        tail = self._topic_log.tails[partition]
        position = self._positions[partition]
        if position < tail.oldest:
            self._report_truncation(partition, position, tail.oldest)
            position = tail.oldest
        if position >= tail.start:
            found = tail.read(position, limit)
            return found, position + len(found)
        end = tail.start
        found = await self._read_disk(partition, position, end, limit)
        # Nothing left up to the tail: compaction or retention took it.
        return found, found[-1].offset + 1 if found else end

    def _report_truncation(self, partition: int, position: int, oldest: int) -> None:
        self._counters.replay_truncated += 1
        _log.warning(
            "replay truncated by retention",
            topic=self._topic_log.topic.name,
            partition=partition,
            reader=self._reader,
            wanted=position,
            oldest=oldest,
        )

    async def commit(self, next_offsets: Mapping[int, int]) -> None:
        await self._commit(next_offsets)

    def positions(self) -> dict[int, int]:
        return dict(self._positions)

    async def close(self) -> None:
        self._topic_log.remove_reader(self)
