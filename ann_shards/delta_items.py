"""Items newer than the generation, in memory, in a bounded number of slots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from generation.item_columns import SHARD_ITEM_COLUMNS

Ids = npt.NDArray[np.int64]

MAX_DELTA_ITEMS = 20_000
"""Per shard. When full, the item created longest ago falls out: it is the least likely answer, and
the next generation has it. Edited items of this generation go last: it is hidden there, so it
would be gone until then."""


@dataclass(frozen=True, slots=True)
class PublishedItem:
    """A new item, or an item whose fields are all replaced.

    Attributes:
        author_id, group_id: -1 for none.
        created_ms: Unix ms.
        category_names, region, language: Names, in words of the vocabulary or not.
        visibility: Code of `generation.item_columns.VISIBILITIES`.
        duration_ms: 0 unknown.
    """

    item_id: int
    author_id: int
    created_ms: int
    group_id: int
    category_names: Sequence[str]
    region: str
    language: str
    visibility: int
    is_sensitive: bool
    duration_ms: int


@dataclass(frozen=True, slots=True)
class DeletedItem:
    item_id: int


ItemChange = PublishedItem | DeletedItem


class DeltaItems:
    """Columns as in the base, over slots; a slot is free when its item id is -1.

    Attributes:
        columns: Name -> array over the slots in use so far.
        evicted_count: Items that fell out because all slots were taken.
    """

    def __init__(self, capacity: int = MAX_DELTA_ITEMS) -> None:
        self._capacity = capacity
        self._all = {column.name: column.empty(0) for column in SHARD_ITEM_COLUMNS}
        self._replaces = np.zeros(0, np.bool_)
        self._slot_of: dict[int, int] = {}
        self._free: list[int] = []
        self._used = 0
        self.columns: dict[str, npt.NDArray[Any]] = self._views()
        self.evicted_count = 0

    def __len__(self) -> int:
        return len(self._slot_of)

    def put(self, item_id: int, values: Mapping[str, Any], *, replaces_base: bool = False) -> None:
        """Add an item, or replace all its columns. `values` may leave out columns.

        `replaces_base`: the generation has the item, as it was.
        """
        slot = self._slot_of.get(item_id)
        if slot is None:
            slot = self._take_slot()
            self._slot_of[item_id] = slot
        for column in SHARD_ITEM_COLUMNS:
            self._all[column.name][slot] = values.get(column.name, column.missing)
        self._all["item_id"][slot] = item_id
        self._replaces[slot] = replaces_base

    def remove(self, item_id: int) -> None:
        """Forget an item; harmless when it is not here."""
        slot = self._slot_of.pop(item_id, None)
        if slot is not None:
            self._all["item_id"][slot] = -1
            self._free.append(slot)

    def find(self, item_ids: Ids) -> Ids:
        """Slot of each item; -1 where it is not here."""
        if not self._slot_of:
            return np.full(len(item_ids), -1, np.int64)
        slot_of = self._slot_of.get
        return np.fromiter((slot_of(each, -1) for each in item_ids.tolist()), np.int64)

    def _take_slot(self) -> int:
        if self._free:
            return self._free.pop()
        if self._used == self._capacity:
            self._evict()
            return self._free.pop()
        if self._used == len(self._all["item_id"]):
            self._grow()
        self._used += 1
        self.columns = self._views()
        return self._used - 1

    def _evict(self) -> None:
        """Remove the oldest item, of the new ones while there are any. All slots are taken."""
        slots = np.flatnonzero(~self._replaces)
        if not len(slots):
            slots = np.arange(self._used)
        oldest = slots[np.argmin(self._all["created_ms"][slots])]
        self.remove(int(self._all["item_id"][oldest]))
        self.evicted_count += 1

    def _grow(self) -> None:
        size = min(max(64, 2 * self._used), self._capacity)
        for column in SHARD_ITEM_COLUMNS:
            larger = column.empty(size)
            larger[: self._used] = self._all[column.name][: self._used]
            self._all[column.name] = larger
        self._replaces = np.concatenate([self._replaces, np.zeros(size - self._used, np.bool_)])

    def _views(self) -> dict[str, npt.NDArray[Any]]:
        return {name: values[: self._used] for name, values in self._all.items()}
