"""The aggregator's records in the state store: counters per item, and who must still be told.

A partition's `changed` record lists items whose counters changed since they were last published. It
is written together with the counters, so that a crash between counting and telling loses nothing.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ann_shards.counter_states import CounterState
from serving.packed_arrays import pack_ids, unpack_ids
from serving.state.state_store import StateStore, Update, Versioned


class CounterStore:
    """Keys and values of one generation's counters."""

    def __init__(self, store: StateStore, generation: str) -> None:
        self._store = store
        self._prefix = f"c/{generation}/".encode()

    def item_key(self, item_id: int) -> bytes:
        return self._prefix + b"i/%d" % item_id

    def changed_key(self, partition: int) -> bytes:
        return self._prefix + b"p/%d" % partition

    async def states(self, item_ids: Sequence[int]) -> dict[int, CounterState]:
        """Counters of those items that have any."""
        stored = await self._store.read([self.item_key(each) for each in item_ids])
        return {
            item_id: CounterState.unpack(record.value)
            for item_id, record in zip(item_ids, stored, strict=True)
            if record is not None
        }

    async def changed(self, partitions: Sequence[int]) -> dict[int, Versioned]:
        """The `changed` records of those partitions that have one."""
        stored = await self._store.read([self.changed_key(each) for each in partitions])
        return {
            partition: record
            for partition, record in zip(partitions, stored, strict=True)
            if record is not None
        }

    async def clear_changed(self, told: Mapping[int, Versioned]) -> None:
        """Empty the records that are still as they were when their items were told."""
        updates = [
            Update(self.changed_key(partition), b"", record.version, record.version + 1)
            for partition, record in told.items()
        ]
        if updates:
            await self._store.write(updates)


def next_record(key: bytes, stored: Versioned | None, value: bytes) -> Update:
    """Replace a record, provided that nobody else did since it was read."""
    version = 0 if stored is None else stored.version
    return Update(key, value, version, version + 1)


def with_items(record: Versioned | None, item_ids: Iterable[int]) -> bytes:
    """The value of a `changed` record with more items."""
    known = items_in(record)
    return pack_ids(np.array(sorted(known.union(item_ids)), np.int64))


def items_in(record: Versioned | None) -> set[int]:
    """The items a `changed` record names."""
    return set() if record is None else set(unpack_ids(record.value, "changed").tolist())
