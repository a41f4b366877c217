"""All items of a shard: the generation's, overlaid by what the bus said since.

One row space: rows below `base.count` are the generation's, `base.count + slot` the delta's. The
index of vectors knows the generation's only: an item that was edited keeps its vector, but is found
by everything else until the next build.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from ann_shards.base_items import BaseItems
from ann_shards.delta_items import DeletedItem, DeltaItems, ItemChange, PublishedItem
from ann_shards.item_arrays import ItemArrays
from ann_shards.live_counters import LiveCounters
from ann_shards.question import Question
from generation.item_columns import MAX_CATEGORIES
from generation.vocabulary import Vocabulary
from serving.contracts.shard import PartKind

Ids = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]

AUTHOR_FACTS = ("author_followers", "author_items", "author_impressions", "author_positives")
KEPT_COLUMNS = ("has_vector", "popularity", "counters", "vector")
MS_PER_S = 1_000
NO_ROWS: Rows = np.empty(0, np.int64)


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
            columns = self._columns_of(change) | self._kept_columns(row)
            self.delta.put(change.item_id, columns, replaces_base=len(row) > 0)
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
        if not len(self.live):
            return NO_ROWS
        item_ids = self.live.most_popular()
        if self._live_popular is None or self._live_popular[0] is not item_ids:
            rows = self.find(item_ids)
            self._live_popular = item_ids, rows[rows >= 0]
        return self._live_popular[1]

    def new_rows_of_items(self, question: Question) -> Rows:
        """Rows of the delta's items among those that parts of kind ITEMS ask for.

        Parallel to `part_ids` of the question, negative for others; empty without a delta.
        """
        asked = question.arrays
        if not len(self.delta):
            return NO_ROWS
        rows = np.full(len(asked.part_ids), -1, np.int64)
        for part in np.flatnonzero(asked.kinds == PartKind.ITEMS):
            span = slice(asked.part_ends[part], asked.part_ends[part + 1])
            slots = self.delta.find(asked.part_ids[span])
            rows[span] = np.where(slots >= 0, self.base.count + slots, -1)
        return rows

    def is_hidden(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """Whether each row is a base row that was deleted or replaced."""
        if len(self.hidden_rows) == 0:
            return np.zeros(len(rows), bool)
        at = np.minimum(np.searchsorted(self.hidden_rows, rows), len(self.hidden_rows) - 1)
        return np.asarray(self.hidden_rows[at] == rows)

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

    def _kept_columns(self, base_row: Rows) -> dict[str, Any]:
        """What an item of the generation has and no event carries: an edit does not change it."""
        return {name: self.base.columns[name][row] for row in base_row for name in KEPT_COLUMNS}

    def _author_facts(self, author_id: int) -> dict[str, Any]:
        """What the generation says of the author, read from the author's newest item here."""
        rows = self.base.authors.rows(author_id, 1)
        return {name: self.base.columns[name][rows[0]] for name in AUTHOR_FACTS if len(rows)}
