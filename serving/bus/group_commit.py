"""Turns concurrent appends into few writes: what arrives during one write shares the next."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from serving.bus.topics import Topic

# Bounds the work on the event loop per batch to about a millisecond.
MAX_BATCH_MESSAGES = 256


@dataclass(slots=True)
class Append:
    """A message waiting to be written; `done` is None where nobody waits for it."""

    topic: Topic
    partition: int
    key: int | None
    value: bytes
    done: "asyncio.Future[tuple[int, int]] | None"


class GroupCommit:
    """A queue bounded by count and bytes, and the one task that writes it in order."""

    def __init__(
        self,
        write: Callable[[Sequence[Append]], Awaitable[None]],
        *,
        max_messages: int,
        max_bytes: int,
    ) -> None:
        """`write` keeps one batch and settles the `done` of each; it never raises."""
        self._write = write
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._pending: deque[Append] = deque()
        self._writing: list[Append] = []
        self._pending_bytes = 0
        self._filled = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task = asyncio.create_task(self._run(), name="bus-group-commit")

    def offer(self, append: Append) -> bool:
        """Queue a message; False when the queue is full."""
        size = self._pending_bytes + len(append.value)
        if len(self._pending) >= self._max_messages or size > self._max_bytes:
            return False
        self._pending.append(append)
        self._pending_bytes = size
        self._filled.set()
        self._idle.clear()
        return True

    async def drain(self, timeout_s: float) -> list[Append]:
        """Wait until all is written, at most `timeout_s`, then stop.

        Returns:
            What was not written, or not known to be, for the owner to count and to settle.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._idle.wait()
        self._task.cancel()
        await asyncio.wait([self._task])
        return [*self._writing, *self._pending]

    async def _run(self) -> None:
        while True:
            await self._filled.wait()
            self._writing = self._next_batch()
            await self._write(self._writing)
            self._writing = []
            if not self._pending:
                self._filled.clear()
                self._idle.set()

    def _next_batch(self) -> list[Append]:
        count = min(len(self._pending), MAX_BATCH_MESSAGES)
        batch = [self._pending.popleft() for _ in range(count)]
        self._pending_bytes -= sum(len(append.value) for append in batch)
        return batch
