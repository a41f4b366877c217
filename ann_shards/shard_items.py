"""All items of a shard: the generation's, overlaid by what the bus said since.

One row space: rows below `base.count` are the generation's, `base.count + slot` the delta's.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ann_shards.base_items import BaseItems
from ann_shards.delta_items import DeletedItem, DeltaItems, ItemChange, PublishedItem
from ann_shards.item_arrays import ItemArrays
from ann_shards.live_counters import LiveCounters
from generation.item_columns import MAX_CATEGORIES
from generation.vocabulary import Vocabulary

Ids = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]

AUTHOR_FACTS = ("author_followers", "author_items", "author_impressions", "author_positives")
MS_PER_S = 1_000
NOTHING_NEW = np.zeros(0, bool)


class ShardItems:
    """Base, delta, tombstones and live counters of one shard.

    Attributes:
        last_category: The largest category code, of base and delta.
        hidden_rows: Base rows that were deleted or replaced since, ascending.
    """

    def __init__(self, base: BaseItems, vocabulary: Vocabulary) -> None:
        self.base = base
        self.delta = DeltaItems()
        self.live = LiveCounters()
        codes = [*base.categories.keys[-1:].tolist(), base.columns["categories"].max(initial=0)]
        self.last_category = max(len(vocabulary.categories), *map(int, codes))
        self.hidden_rows: Rows = np.empty(0, np.int64)
        self._vocabulary = vocabulary
        self._deleted: set[int] = set()
        self._live_popular: tuple[Ids, Rows] | None = None

    @property
    def arrays(self) -> ItemArrays:
        """What compiled loops read, as it is now."""
        base, delta, live = self.base.columns, self.delta.columns, self.live
        return ItemArrays(
            self.base.count,
            base["item_id"],
            delta["item_id"],
            base["created_ms"],
            delta["created_ms"],
            base["author_id"],
            delta["author_id"],
            base["categories"],
            delta["categories"],
            base["popularity"],
            delta["popularity"],
            live.item_ids,
            live.slots,
            live.positives,
        )

    def apply(self, change: ItemChange) -> Rows:
        """Take in one event. A deleted item stays deleted: tombstones win over everything.

        Returns:
            The base row it hides, if it does and no event did before.
        """
        if change.item_id in self._deleted:
            return np.empty(0, np.int64)
        self._live_popular = None
        row = self.base.find(np.array([change.item_id], np.int64))
        row = row[row >= 0]
        if isinstance(change, DeletedItem):
            self._deleted.add(change.item_id)
            self.delta.remove(change.item_id)
        else:
            self.delta.put(change.item_id, self._columns_of(change))
        row = row[~self.is_hidden(row)]
        at = np.searchsorted(self.hidden_rows, row)
        self.hidden_rows = np.insert(self.hidden_rows, at, row)
        return row

    def find(self, item_ids: Ids) -> Rows:
        """Row of each item that is neither deleted nor elsewhere; -1 for the others."""
        rows = self.base.find(item_ids)
        if len(self.hidden_rows):
            rows[self.is_hidden(rows)] = -1
        if not len(self.delta):
            return rows
        slots = self.delta.find(item_ids)
        return np.where(slots >= 0, self.base.count + slots, rows)

    def live_popular_rows(self) -> Rows:
        """Rows of `LiveCounters.most_popular` that are here; looked up once until they change."""
        item_ids = self.live.most_popular()
        if self._live_popular is None or self._live_popular[0] is not item_ids:
            rows = self.find(item_ids)
            self._live_popular = item_ids, rows[rows >= 0]
        return self._live_popular[1]

    def is_hidden(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """Whether each row is a base row that was deleted or replaced."""
        if len(self.hidden_rows) == 0:
            return np.zeros(len(rows), bool)
        at = np.minimum(np.searchsorted(self.hidden_rows, rows), len(self.hidden_rows) - 1)
        return np.asarray(self.hidden_rows[at] == rows)

    def column(self, name: str, rows: Rows) -> npt.NDArray[Any]:
        """Values of a column, gathered by row."""
        [values] = self.columns([name], rows)
        return values

    def columns(self, names: Sequence[str], rows: Rows) -> list[npt.NDArray[Any]]:
        """Values of several columns, gathered by row."""
        base = [self.base.columns[name] for name in names]
        is_new = rows >= self.base.count if len(self.delta) else NOTHING_NEW
        if not is_new.any():
            # A `take` that clips is several times as fast; all rows are within bounds.
            return [column.take(rows, axis=0, mode="clip") for column in base]
        delta = [self.delta.columns[name] for name in names]
        old_rows, new_rows = rows[~is_new], rows[is_new] - self.base.count
        gathered = []
        for old, new in zip(base, delta, strict=True):
            values = np.empty((len(rows), *old.shape[1:]), old.dtype)
            values[~is_new] = old.take(old_rows, axis=0)
            values[is_new] = new.take(new_rows, axis=0)
            gathered.append(values)
        return gathered

    def _columns_of(self, item: PublishedItem) -> dict[str, Any]:
        names = self._vocabulary
        codes = [code for code in map(names.categories.code, item.category_names) if code]
        categories = np.zeros(MAX_CATEGORIES, np.int32)
        distinct = list(dict.fromkeys(codes))[:MAX_CATEGORIES]
        categories[: len(distinct)] = distinct
        return {
            "author_id": item.author_id,
            "created_ms": item.created_ms,
            "group_id": item.group_id,
            "categories": categories,
            "region": names.regions.code(item.region),
            "language": names.languages.code(item.language),
            "visibility": item.visibility,
            "is_sensitive": item.is_sensitive,
            "duration_s": item.duration_ms / MS_PER_S,
            **self._author_facts(item.author_id),
        }

    def _author_facts(self, author_id: int) -> dict[str, Any]:
        """What the generation says of the author, read from the author's newest item here."""
        rows = self.base.authors.rows(author_id, 1)
        return {name: self.base.columns[name][rows[0]] for name in AUTHOR_FACTS if len(rows)}
