"""Which rows of a shard a viewer may see, as bits, before any part looks at them.

What depends on region, language and sensitivity only is computed once per such key and kept; a
request copies it and changes the few rows that are its own.
"""

from collections import OrderedDict

import numpy as np
import numpy.typing as npt

from ann_shards import row_bits
from ann_shards.base_items import BaseItems
from ann_shards.item_arrays import EligibleArrays, ListArrays
from ann_shards.narrowing import BaseFacts, NewFacts, narrow, new_flags
from ann_shards.question import Question
from ann_shards.row_bits import Bits
from ann_shards.shard_items import ShardItems
from generation.item_columns import PUBLIC
from serving.contracts.shard import Eligibility

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

CACHE_BYTES = 16 * 1024 * 1024
MAX_KEPT = 256
"""Every new, changed or deleted item is looked up in all that are kept."""
BLOCK_ROWS = 1 << 18
"""Rows judged at a time, a multiple of 64, so that scratch memory does not grow with the shard."""


class EligibilityIndex:
    """Computes the rows of one shard that a request may find."""

    def __init__(self, items: ShardItems) -> None:
        self._items = items
        self._kept: OrderedDict[tuple[int, int, bool], Bits] = OrderedDict()
        bytes_each = max(1, items.base.count // 8)
        self._base_facts = _facts_of(items.base)
        self._authors = ListArrays.of(items.base.authors)
        self._max_kept = max(1, min(MAX_KEPT, CACHE_BYTES // bytes_each))

    def hide(self, rows: Rows) -> None:
        """Base rows that nobody sees any more."""
        for bits in self._kept.values():
            row_bits.clear_rows(bits, rows)

    def rows_for(self, question: Question) -> EligibleArrays:
        bits = self._public(question.request.eligibility).copy()
        narrow(bits, self._base_facts, self._authors, self._items.hidden_rows, question.arrays)
        return EligibleArrays(self._items.base.count, bits, self._new_flags(question))

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

    def _new_flags(self, question: Question) -> Flags:
        new = self._items.delta.columns
        if not len(self._items.delta):
            return np.zeros(len(new["item_id"]), bool)
        return new_flags(
            NewFacts(**{name: new[name] for name in NewFacts._fields}), question.arrays
        )


JUDGED = ("visibility", "region", "language", "is_sensitive")


def _suits(codes: npt.NDArray[np.int32], wanted: int) -> Flags:
    """Either side unknown (0) suits."""
    if wanted == 0:
        return np.ones(len(codes), bool)
    return np.asarray((codes == 0) | (codes == wanted))


def _facts_of(base: BaseItems) -> BaseFacts:
    return BaseFacts(
        base.sorted_ids,
        base.rows_by_id,
        base.columns["created_ms"],
        base.columns["region"],
        base.columns["language"],
        base.columns["is_sensitive"],
        base.restricted.keys,
        base.restricted.rows,
        base.restricted.ends,
    )
