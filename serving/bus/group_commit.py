"""Turns concurrent appends into few writes: what arrives during one write shares the next.

What nobody waits for stays as long as its topic lets it linger for company: a write takes a hop to
a thread and back, more than all the rest that is done for a message.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass

from serving.bus.topics import Topic
from serving.serving_loop import urgent

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
        self._is_urgent = False
        self._lingering: asyncio.TimerHandle | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        # Its steps are short, and calls that are all but done wait for them.
        context = urgent(copy_context())
        self._task = asyncio.create_task(self._run(), name="bus-group-commit", context=context)

    def offer(self, append: Append) -> bool:
        """Queue a message; False when the queue is full."""
        size = self._pending_bytes + len(append.value)
        if len(self._pending) >= self._max_messages or size > self._max_bytes:
            return False
        self._pending.append(append)
        self._pending_bytes = size
        self._idle.clear()
        if append.done is not None or len(self._pending) >= MAX_BATCH_MESSAGES:
            self._fill()
        else:
            self._linger(append.topic.linger_ms)
        return True

    def _fill(self) -> None:
        """Have all that is pending written without delay."""
        self._is_urgent = True
        self._filled.set()
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None

    def _linger(self, linger_ms: float) -> None:
        """Have it written in a while, if nothing is being written or waited for already."""
        if self._lingering is None and not self._filled.is_set():
            loop = asyncio.get_running_loop()
            self._lingering = loop.call_later(linger_ms / 1_000, self._fill)

    async def drain(self, timeout_s: float) -> list[Append]:
        """Wait until all is written, at most `timeout_s`, then stop.

        Returns:
            What was not written, or not known to be, for the owner to count and to settle.
        """
        if self._pending:
            self._fill()
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
            elif not self._is_urgent:
                self._filled.clear()
                self._linger(self._pending[0].topic.linger_ms)

    def _next_batch(self) -> list[Append]:
        count = min(len(self._pending), MAX_BATCH_MESSAGES)
        batch = [self._pending.popleft() for _ in range(count)]
        if not self._pending:
            self._is_urgent = False
        self._pending_bytes -= sum(len(append.value) for append in batch)
        return batch
