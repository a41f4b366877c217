"""The newest messages of one partition, in memory: readers at the end never touch the disk."""

from collections import deque

from serving.bus.bus import Message


class PartitionTail:
    """A bounded, gapless run of messages ending at `end`.

    Attributes:
        oldest: Oldest offset that can still be read at all, here or on disk.
        end: Offset the next message gets.
        newest_ms: Time of the newest message, Unix milliseconds; later ones are never earlier.
    """

    __slots__ = (
        "_bytes", "_capacity_bytes", "_messages", "_on_disk", "end", "newest_ms", "oldest"
    )  # fmt: skip

    def __init__(self, oldest: int, end: int, *, capacity_bytes: int, on_disk: bool) -> None:
        """`on_disk`: messages that leave the tail can still be read from disk."""
        self.oldest = oldest
        self.end = end
        self.newest_ms = 0
        self._capacity_bytes = capacity_bytes
        self._on_disk = on_disk
        self._messages: deque[Message] = deque()
        self._bytes = 0

    @property
    def start(self) -> int:
        """Offset of the oldest message held here; `end` when there is none."""
        return self.end - len(self._messages)

    def append(self, message: Message) -> None:
        """Add the message at `end`; the oldest go while there is more than the capacity."""
        self._messages.append(message)
        self._bytes += len(message.value)
        self.end = message.offset + 1
        self.newest_ms = message.timestamp_ms
        while self._bytes > self._capacity_bytes and len(self._messages) > 1:
            self._drop_oldest()

    def expire(self, cutoff_ms: int) -> None:
        """Drop messages older than `cutoff_ms`."""
        while self._messages and self._messages[0].timestamp_ms < cutoff_ms:
            self._drop_oldest()

    def move_to(self, end: int) -> None:
        """Go on at `end`, nothing before it held here: what was is on disk."""
        self._messages.clear()
        self._bytes = 0
        self.end = end

    def read(self, start: int, limit: int) -> list[Message]:
        """Messages from `start` (at or after `self.start`) on, at most `limit`."""
        first = start - self.start
        last = min(first + limit, len(self._messages))
        return [self._messages[index] for index in range(first, last)]

    def _drop_oldest(self) -> None:
        self._bytes -= len(self._messages.popleft().value)
        if not self._on_disk:
            self.oldest = self.start
