"""One topic of the embedded log as the event loop sees it: tails, readers, and how it is kept."""

from collections.abc import Sequence
from typing import Protocol

from serving.bus.bus import Message
from serving.bus.partition_tail import PartitionTail
from serving.bus.topics import Topic

DISK_TAIL_BYTES = 4 << 20
MEMORY_TAIL_BYTES = 64 << 20
SHORT_RETENTION_MS = 3_600_000


class Reader(Protocol):
    """Told when a partition it reads has grown."""

    def notice(self, partition: int) -> None: ...


def is_memory_only(topic: Topic) -> bool:
    """Whether a topic is never written to disk.

    The readers of the embedded bus live and die with it, so what may be lost on a crash and is
    stale within the hour (ranked lists) would only be read by nobody: it is kept in memory, bounded
    by its retention and by `MEMORY_TAIL_BYTES`. Its offsets start at 0 in every process.
    """
    return topic.acks == "leader" and topic.retention_ms <= SHORT_RETENTION_MS


class TopicLog:
    """Tails and readers of all partitions of one topic."""

    def __init__(self, topic: Topic, bounds: Sequence[tuple[int, int]]) -> None:
        """`bounds`: (oldest offset, end offset) of each partition."""
        self.topic = topic
        self.on_disk = not is_memory_only(topic)
        budget = DISK_TAIL_BYTES if self.on_disk else MEMORY_TAIL_BYTES
        capacity = budget // topic.partitions
        self.tails = [
            PartitionTail(oldest, end, capacity_bytes=capacity, on_disk=self.on_disk)
            for oldest, end in bounds
        ]
        self._readers: list[set[Reader]] = [set() for _ in bounds]

    def append(self, message: Message) -> None:
        """Make a kept message visible to readers."""
        self.tails[message.partition].append(message)
        for reader in self._readers[message.partition]:
            reader.notice(message.partition)

    def found_on_disk(self, ends: Sequence[int]) -> None:
        """The log was opened anew and has messages up to `ends` (one offset per partition)."""
        for partition, (tail, end) in enumerate(zip(self.tails, ends, strict=True)):
            if end > tail.end:
                tail.move_to(end)
                for reader in self._readers[partition]:
                    reader.notice(partition)

    def add_reader(self, reader: Reader, partitions: Sequence[int]) -> None:
        for partition in partitions:
            self._readers[partition].add(reader)

    def remove_reader(self, reader: Reader) -> None:
        for readers in self._readers:
            readers.discard(reader)
