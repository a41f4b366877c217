"""Which rows of a shard a viewer may see, as bits, before any part looks at them.

What depends on region, language and sensitivity only is computed once per such key and kept; a
request copies it and changes the few rows that are its own.
"""

from collections import OrderedDict

import numpy as np
import numpy.typing as npt

from ann_shards import row_bits
from ann_shards.item_arrays import EligibleArrays, eligible_flags
from ann_shards.row_bits import Bits
from ann_shards.shard_items import ShardItems
from generation.item_columns import FOLLOWERS, FRIENDS, GROUP, PUBLIC
from serving.contracts.shard import Eligibility

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

CACHE_BYTES = 16 * 1024 * 1024
BLOCK_ROWS = 1 << 18
"""Rows judged at a time, a multiple of 8, so that scratch memory does not grow with the shard."""


class EligibleRows:
    """The rows one request may find.

    Attributes:
        arrays: What compiled loops read.
        delta_rows: Those of the delta.
    """

    def __init__(self, base: Bits, delta: Flags, base_count: int) -> None:
        self.arrays = EligibleArrays(base_count, base, delta)
        self.delta_rows: Rows = np.flatnonzero(delta) + base_count

    @property
    def base(self) -> Bits:
        """Bits of the generation's rows."""
        return self.arrays.bits

    def only(self, rows: npt.NDArray[np.int64]) -> Flags:
        """Whether each row is eligible; negative rows are not."""
        return eligible_flags(self.arrays, rows)


class EligibilityIndex:
    """Computes `EligibleRows` for one shard."""

    def __init__(self, items: ShardItems) -> None:
        self._items = items
        self._kept: OrderedDict[tuple[int, int, bool], Bits] = OrderedDict()
        bytes_each = max(1, items.base.count // 8)
        self._max_kept = max(1, CACHE_BYTES // bytes_each)

    def hide(self, rows: Rows) -> None:
        """Base rows that nobody sees any more."""
        for bits in self._kept.values():
            row_bits.clear_rows(bits, rows)

    def rows_for(self, wanted: Eligibility) -> EligibleRows:
        base = self._items.base
        bits = self._public(wanted).copy()
        if len(base.restricted):
            row_bits.set_rows(bits, self._opened(wanted))
        if wanted.oldest_ms > 0:
            row_bits.clear_before(bits, base.first_row_since(wanted.oldest_ms))
        row_bits.clear_rows(bits, base.find(wanted.excluded_item_ids))
        if len(wanted.excluded_author_ids):
            authors = base.authors
            unwanted = authors.places(wanted.excluded_author_ids)
            row_bits.clear_lists(bits, authors.offsets, authors.values, unwanted)
        return EligibleRows(bits, self._delta_flags(wanted), base.count)

    def _public(self, wanted: Eligibility) -> Bits:
        key = (wanted.region, wanted.language, wanted.allow_sensitive)
        bits = self._kept.get(key)
        if bits is None:
            bits = self._judge_public(*key)
            row_bits.clear_rows(bits, self._items.hidden_rows)
            self._kept[key] = bits
            if len(self._kept) > self._max_kept:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return bits

    def _judge_public(self, region: int, language: int, allow_sensitive: bool) -> Bits:
        columns, count = self._items.base.columns, self._items.base.count
        blocks = [np.empty(0, np.uint8)]
        for start in range(0, count, BLOCK_ROWS):
            block = {name: columns[name][start : start + BLOCK_ROWS] for name in JUDGED}
            flags = block["visibility"] == PUBLIC
            flags &= _suits(block["region"], region) & _suits(block["language"], language)
            flags &= allow_sensitive | (block["is_sensitive"] == 0)
            blocks.append(row_bits.pack(flags))
        return np.concatenate(blocks)

    def _opened(self, wanted: Eligibility) -> Rows:
        """Restricted base rows that this viewer may see all the same."""
        restricted = self._items.base.restricted
        rows = np.concatenate([
            restricted.opened_by(FOLLOWERS, wanted.followed_ids),
            restricted.opened_by(FRIENDS, wanted.friend_ids),
            restricted.opened_by(GROUP, wanted.group_ids),
        ])  # fmt: skip
        columns = self._items.base.columns
        suits = _suits(columns["region"][rows], wanted.region)
        suits &= _suits(columns["language"][rows], wanted.language)
        suits &= wanted.allow_sensitive | (columns["is_sensitive"][rows] == 0)
        return rows[suits & ~self._items.is_hidden(rows)]

    def _delta_flags(self, wanted: Eligibility) -> Flags:
        delta = self._items.delta.columns
        if not len(self._items.delta):
            return np.zeros(len(delta["item_id"]), bool)
        visibility, author = delta["visibility"], delta["author_id"]
        flags = (delta["item_id"] >= 0) & (delta["created_ms"] >= wanted.oldest_ms)
        if not flags.any():
            return np.asarray(flags)
        flags &= _suits(delta["region"], wanted.region) & _suits(delta["language"], wanted.language)
        flags &= wanted.allow_sensitive | (delta["is_sensitive"] == 0)
        flags &= ~np.isin(delta["item_id"], wanted.excluded_item_ids)
        flags &= ~np.isin(author, wanted.excluded_author_ids)
        flags &= (
            (visibility == PUBLIC)
            | ((visibility == FOLLOWERS) & np.isin(author, wanted.followed_ids))
            | ((visibility == FRIENDS) & np.isin(author, wanted.friend_ids))
            | ((visibility == GROUP) & np.isin(delta["group_id"], wanted.group_ids))
        )
        return np.asarray(flags)


JUDGED = ("visibility", "region", "language", "is_sensitive")


def _suits(codes: npt.NDArray[np.int32], wanted: int) -> Flags:
    """Either side unknown (0) suits."""
    if wanted == 0:
        return np.ones(len(codes), bool)
    return np.asarray((codes == 0) | (codes == wanted))
