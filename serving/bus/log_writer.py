"""Appends to the embedded log for many callers at once, and tells each what became of it."""

import asyncio
from collections.abc import Sequence

import structlog

from serving.bus.counters import BusCounters
from serving.bus.group_commit import Append, GroupCommit
from serving.bus.topic_logs import TopicLogs
from serving.bus.topics import Topic
from serving.errors import BusUnavailableError, FeedError

CLOSE_TIMEOUT_S = 5.0

_log = structlog.get_logger(__name__)


class LogWriter:
    """Writes messages to disk in batches, in the order in which they came."""

    def __init__(
        self, logs: TopicLogs, counters: BusCounters, *, max_messages: int, max_bytes: int
    ) -> None:
        """At most so many messages, and bytes of them, wait to be written."""
        self._logs = logs
        self._counters = counters
        self._commits = GroupCommit(self._write, max_messages=max_messages, max_bytes=max_bytes)

    async def publish(
        self, topic: Topic, partition: int, key: int | None, value: bytes, timeout_s: float
    ) -> tuple[int, int]:
        """Append, and wait until it is kept; partition and offset. See `Bus.publish`.

        Raises:
            BusUnavailableError: not written in time.
        """
        done: asyncio.Future[tuple[int, int]] = asyncio.get_running_loop().create_future()
        try:
            if not self._commits.offer(Append(topic, partition, key, value, done)):
                raise BusUnavailableError(f"topic {topic.name}: too many writes are waiting")
            async with asyncio.timeout(timeout_s):
                return await done
        except TimeoutError as error:
            self._counters.publish_failures += 1
            problem = f"topic {topic.name}: not written within {timeout_s} s"
            raise BusUnavailableError(problem) from error
        except BusUnavailableError:
            self._counters.publish_failures += 1
            raise

    def send(self, topic: Topic, partition: int, key: int | None, value: bytes) -> bool:
        """Append without waiting; see `Bus.send`."""
        accepted = self._commits.offer(Append(topic, partition, key, value, None))
        self._counters.dropped += not accepted
        return accepted

    async def close(self) -> None:
        """Write what was accepted, for at most `CLOSE_TIMEOUT_S`."""
        if left := await self._commits.drain(CLOSE_TIMEOUT_S):
            _log.error("messages not written at close", count=len(left))
            self._fail(left, BusUnavailableError("the bus is closed"))

    async def _write(self, batch: Sequence[Append]) -> None:
        """Keep a batch and tell those who wait; a failing disk fails the batch, not the bus."""
        try:
            messages = await self._logs.append(batch)
        except Exception as error:
            is_bug = not isinstance(error, FeedError)
            _log.error("log not written", count=len(batch), cause=str(error), exc_info=is_bug)
            self._fail(batch, error)
            return
        for append, message in zip(batch, messages, strict=True):
            if append.done is not None and not append.done.done():
                append.done.set_result((message.partition, message.offset))

    def _fail(self, batch: Sequence[Append], cause: Exception) -> None:
        for append in batch:
            if append.done is None:
                self._counters.dropped += 1
            elif not append.done.done():
                problem = f"topic {append.topic.name}: {cause}"
                append.done.set_exception(BusUnavailableError(problem))
