"""The embedded log on disk: RocksDB behind a few synchronous calls, run on executor threads.

Iterating holds the GIL for the length of one step, so reads come in small chunks; synced writes
release it. Nothing here knows about asyncio.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rocksdict import Rdict, WriteBatch

from serving.bus import log_records as records
from serving.bus.bus import Message
from serving.bus.log_database import LogDatabase
from serving.bus.log_directory import write_ends
from serving.bus.topics import Topic, wrong_partition_count

CHUNK_BYTES = 1 << 20


class LogStorage:
    """Messages, oldest offsets and group offsets of all topics in one directory.

    `read` and `committed` belong to one thread, everything else to another. All of them raise as
    `LogDatabase` does.
    """

    def __init__(self, directory: Path) -> None:
        """Open or create the log.

        Raises:
            BusUnavailableError: Another process holds the directory, or it cannot be read.
            PreconditionError: The directory holds something else, or a log that lost data.
        """
        self._directory = directory
        self._db = LogDatabase(directory, self.end_of)

    @property
    def takes_writes(self) -> bool:
        """See `LogDatabase.takes_writes`."""
        return self._db.takes_writes

    def heal(self) -> bool:
        """See `LogDatabase.heal`: afterwards ask `open_topic` for the ends."""
        return self._db.heal()

    def identity(self) -> str:
        """Which log this is: given when first asked for, and never changed."""
        (found,) = self._db.get([records.IDENTITY_KEY])
        if found is None:
            found = uuid.uuid4().hex.encode()
            self._put(records.IDENTITY_KEY, found)
        return found.decode()

    @staticmethod
    def end_of(db: Rdict, topic_name: str, partition: int) -> int:
        """Offset the next message of a partition gets; trimmed-away messages count."""
        prefix = records.message_prefix(topic_name, partition)
        cursor = db.iter()
        cursor.seek_for_prev(prefix + b"\xff" * 8)
        if cursor.valid() and cursor.key().startswith(prefix):
            return records.offset_of(cursor.key()) + 1
        oldest = db.get(records.oldest_key(topic_name, partition))
        return records.decode_offset(oldest) if oldest else 0

    def open_topic(self, topic: Topic) -> list[tuple[int, int]]:
        """(oldest kept offset, end offset) of each partition; a new topic is remembered.

        Raises:
            PreconditionError: The topic exists with another partition count.
        """
        (known,) = self._db.get([records.topic_key(topic.name)])
        if known is None:
            self._put(records.topic_key(topic.name), records.encode_offset(topic.partitions))
        elif (found := records.decode_offset(known)) != topic.partitions:
            raise wrong_partition_count(topic, found, f"in {self._directory}")
        keys = [records.oldest_key(topic.name, p) for p in range(topic.partitions)]
        oldest = [records.decode_offset(found) if found else 0 for found in self._db.get(keys)]
        with self._db.reading() as db:
            ends = [self.end_of(db, topic.name, p) for p in range(topic.partitions)]
        return list(zip(oldest, ends, strict=True))

    def _put(self, key: bytes, value: bytes) -> None:
        batch = WriteBatch(raw_mode=True)
        batch.put(key, value)
        self._db.write(batch, sync=True)

    def append(self, messages: Sequence[tuple[Topic, Message]], *, sync: bool) -> None:
        """Write messages whose offsets are already given, all or none."""
        batch = WriteBatch(raw_mode=True)
        superseded: dict[bytes, bytes] = {}
        for topic, message in messages:
            key = records.message_key(topic.name, message.partition, message.offset)
            batch.put(key, records.encode_message(message))
            if topic.compacted and message.key is not None:
                newest = records.newest_key(topic.name, message.partition, message.key)
                if newest in superseded:
                    batch.delete(superseded[newest])
                superseded[newest] = key
        self._supersede(batch, superseded)
        self._db.write(batch, sync=sync)

    def _supersede(self, batch: WriteBatch, newest: Mapping[bytes, bytes]) -> None:
        """Compaction as we write: the message a key had before goes when its successor comes."""
        if not newest:
            return
        for index_key, before in zip(newest, self._db.get(list(newest)), strict=True):
            message = newest[index_key]
            if before is not None:
                batch.delete(message[: -len(before)] + before)
            batch.put(index_key, records.encode_offset(records.offset_of(message)))

    def read(self, topic: Topic, partition: int, start: int, end: int, limit: int) -> list[Message]:
        """At most `limit` messages and about `CHUNK_BYTES` with offsets in `[start, end)`."""
        found: list[Message] = []
        size = 0
        with self._db.reading() as db:
            for offset, data in self._scan(db, topic.name, partition, start):
                if offset >= end or len(found) >= limit or size >= CHUNK_BYTES:
                    break
                found.append(records.decode_message(partition, offset, data))
                size += len(data)
        return found

    @staticmethod
    def _scan(
        db: Rdict, topic_name: str, partition: int, start: int
    ) -> Iterator[tuple[int, bytes]]:
        prefix = records.message_prefix(topic_name, partition)
        first = records.message_key(topic_name, partition, start)
        for key, data in db.items(from_key=first):
            if not key.startswith(prefix):
                return
            yield records.offset_of(key), data

    def trim(self, topic: Topic, partition: int, oldest: int, end: int, cutoff_ms: int) -> int:
        """Remove messages older than `cutoff_ms`; times never decrease, so a bisection finds them.

        Returns:
            The new oldest offset.
        """
        low, high = oldest, end
        while low < high:
            middle = (low + high) // 2
            (data,) = self._db.get([records.message_key(topic.name, partition, middle)])
            if data is None or records.timestamp_of(data) < cutoff_ms:
                low = middle + 1
            else:
                high = middle
        if low > oldest:
            batch = WriteBatch(raw_mode=True)
            batch.delete_range(
                records.message_key(topic.name, partition, oldest),
                records.message_key(topic.name, partition, low),
            )
            batch.put(records.oldest_key(topic.name, partition), records.encode_offset(low))
            self._db.write(batch, sync=False)
        return low

    def commit(self, topic: Topic, reader: str, next_offsets: Mapping[int, int]) -> None:
        batch = WriteBatch(raw_mode=True)
        for partition, offset in next_offsets.items():
            key = records.group_key(topic.name, partition, reader)
            batch.put(key, records.encode_offset(offset))
        self._db.write(batch, sync=False)

    def committed(self, topic: Topic, reader: str, partitions: Sequence[int]) -> dict[int, int]:
        with self._db.reading() as db:
            found = db.get([records.group_key(topic.name, p, reader) for p in partitions])
        pairs = zip(partitions, found, strict=True)
        return {p: records.decode_offset(data) for p, data in pairs if data is not None}

    def record_ends(self, ends: Mapping[str, Sequence[int]]) -> None:
        """Remember beside the database how far it was, for the check when it is opened next."""
        self._db.sync()
        write_ends(self._directory, ends)

    def close(self) -> None:
        self._db.close()
