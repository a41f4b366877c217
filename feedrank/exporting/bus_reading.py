"""Reads a topic of the bus from given offsets to its end, into a Parquet file of plain rows."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from serving.bus.bus import Bus, Message, Subscription
from serving.bus.topics import Topic
from serving.errors import BusUnavailableError

READER = "feedrank.export"
POLL_MESSAGES = 2_000
POLL_TIMEOUT_S = 1.0
PATIENCE_S = 30.0
"""A bus that gives nothing for so long, although there is more, is away."""

ROWS_PER_WRITE = 20_000

Row = dict[str, Any]
DecodeRow = Callable[[Message], Row]


@dataclass(frozen=True, slots=True)
class ReadTopic:
    """What was read of one topic.

    Attributes:
        rows_path: Parquet in the schema asked for, in offset order within a partition.
        next_offsets: Partition -> offset of the first message not read.
        unreadable: Messages left out because they could not be understood.
    """

    rows_path: Path
    next_offsets: dict[int, int]
    rows: int
    unreadable: int


async def read_topic(
    bus: Bus,
    topic: Topic,
    start: Mapping[int, int],
    decode: DecodeRow,
    schema: pa.Schema,
    rows_path: Path,
) -> ReadTopic:
    """Read what is in `topic` at the call, all partitions, from `start` (else the beginning).

    Args:
        decode: May raise ValueError for a message that makes no sense.

    Raises:
        BusUnavailableError: the bus does not answer, or gives nothing for `PATIENCE_S`.
        PreconditionError: `start` is past the end: this is not the bus that was read before.
    """
    partitions = range(topic.partitions)
    ends = await bus.end_offsets(topic, list(partitions))
    first = {partition: start.get(partition, 0) for partition in partitions}
    subscription = await bus.subscribe(topic, first, reader=READER)
    try:
        with pq.ParquetWriter(rows_path, schema, compression="zstd") as writer:
            rows = _Rows(writer, schema, decode, ends)
            await _read_to(subscription, ends, rows)
            rows.flush()
    finally:
        await subscription.close()
    # Messages after `ends` may have been polled, and are left for the next time.
    reached = {partition: max(first[partition], ends[partition]) for partition in partitions}
    return ReadTopic(rows_path, reached, rows.written, rows.unreadable)


async def _read_to(subscription: Subscription, ends: Mapping[int, int], rows: "_Rows") -> None:
    clock = asyncio.get_running_loop()
    heard_at_s = clock.time()
    while any(subscription.positions().get(p, 0) < end for p, end in ends.items()):
        messages = await subscription.poll(POLL_MESSAGES, POLL_TIMEOUT_S)
        if messages:
            heard_at_s = clock.time()
        elif clock.time() - heard_at_s > PATIENCE_S:
            raise BusUnavailableError(f"the bus gave nothing for {PATIENCE_S:.0f} s")
        rows.add(messages)


class _Rows:
    """Decodes messages and writes their rows in large pieces, so that memory stays bounded."""

    def __init__(
        self,
        writer: pq.ParquetWriter,
        schema: pa.Schema,
        decode: DecodeRow,
        ends: Mapping[int, int],
    ) -> None:
        self.written = 0
        self.unreadable = 0
        self._writer = writer
        self._schema = schema
        self._decode = decode
        self._ends = ends
        self._waiting: list[Row] = []

    def add(self, messages: list[Message]) -> None:
        for message in messages:
            if message.offset >= self._ends[message.partition]:
                continue
            try:
                row = self._decode(message)
            except ValueError:
                self.unreadable += 1
            else:
                place = {"partition": message.partition, "bus_offset": message.offset}
                self._waiting.append({**row, **place})
        if len(self._waiting) >= ROWS_PER_WRITE:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_pylist(self._waiting, self._schema))
            self.written += len(self._waiting)
            self._waiting = []
