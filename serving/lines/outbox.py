"""What goes out over a line: everything that is ready at the same moment, in one message."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

LARGE_BYTES = 256 * 1024
"""What is larger gains nothing from company, and would hold it up."""

FRAME_BYTES = 64
"""Around an entry, and around all entries of a message: more than there is."""

Entry = TypeVar("Entry")


class Outbox(Generic[Entry]):
    """Entries wait here while an earlier message is on its way.

    Attributes:
        waiting_bytes: Of all that wait.
    """

    def __init__(
        self, write: Callable[[Sequence[Entry]], Awaitable[None]], max_message_bytes: int
    ) -> None:
        """No message of several entries is larger than `max_message_bytes`."""
        self._write = write
        self._max_batch_bytes = min(LARGE_BYTES, max_message_bytes - FRAME_BYTES)
        self._waiting: deque[tuple[Entry, int]] = deque()
        self._filled: asyncio.Future[None] | None = None
        self._is_ended = False
        self.waiting_bytes = 0

    def put(self, entry: Entry, entry_bytes: int) -> None:
        """Send it soon; order is kept. `entry_bytes`: at least as many as it takes by itself."""
        size_bytes = entry_bytes + FRAME_BYTES
        self._waiting.append((entry, size_bytes))
        self.waiting_bytes += size_bytes
        self._wake()

    def end(self) -> None:
        """Let `run` return once everything has gone out."""
        self._is_ended = True
        self._wake()

    async def run(self) -> None:
        """Write until `end`; raises what writing raises."""
        while True:
            while self._waiting:
                await self._write(self._batch())
            if self._is_ended:
                return
            self._filled = asyncio.get_running_loop().create_future()
            await self._filled

    def _batch(self) -> list[Entry]:
        """The first entry, and those after it that fit in with it."""
        entry, total_bytes = self._waiting.popleft()
        batch = [entry]
        while self._waiting and total_bytes + self._waiting[0][1] <= self._max_batch_bytes:
            entry, size_bytes = self._waiting.popleft()
            batch.append(entry)
            total_bytes += size_bytes
        self.waiting_bytes -= total_bytes
        return batch

    def _wake(self) -> None:
        if self._filled is not None and not self._filled.done():
            self._filled.set_result(None)
