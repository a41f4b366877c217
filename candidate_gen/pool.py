"""All that the shards found for one request: one set of columns, one list of hits per source."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from candidate_gen.batch import Column, Rows
from generation.item_columns import CANDIDATE_COLUMNS
from serving.contracts.shard import ShardAnswer
from serving.errors import DependencyError

Floats = npt.NDArray[np.float32]

ITEM_BITS = np.uint64(28)
SCORE_BITS = np.uint64(32)
"""Of a 64-bit sorting key; what is left holds the part's number, at most 16."""


@dataclass(frozen=True, slots=True)
class Hits:
    """One source's hits over all shards, best first; ties by smaller item id.

    Attributes:
        rows: Distinct rows of the pool's columns.
        scores: `float32`, parallel.
    """

    rows: Rows
    scores: Floats


NO_HITS = Hits(np.empty(0, np.intp), np.empty(0, np.float32))


@dataclass(frozen=True, slots=True)
class Pool:
    """What was found and by whom; the same whatever the order of the answers.

    Attributes:
        columns: CANDIDATE_COLUMNS. An item that two shards answered has two rows, of which hits
            name the first.
        hits: One per part asked, in that order.
    """

    columns: dict[str, Column]
    hits: list[Hits]

    def gather(self, names: Sequence[str], rows: Rows) -> dict[str, Column]:
        """Some columns at some rows."""
        return {name: self.columns[name].take(rows, axis=0, mode="clip") for name in names}


def check_answer(answer: ShardAnswer, part_count: int) -> None:
    """Believe a shard only when its arrays fit together.

    Raises:
        DependencyError: naming what does not.
    """
    lengths = {len(answer.columns[column.name]) for column in CANDIDATE_COLUMNS}
    if len(lengths) != 1:
        raise DependencyError(f"shard {answer.shard} answered columns of {sorted(lengths)} rows")
    if len(answer.parts) != part_count:
        raise DependencyError(
            f"shard {answer.shard} answered {len(answer.parts)} parts of {part_count}"
        )
    if any(len(part.rows) != len(part.scores) for part in answer.parts):
        raise DependencyError(f"shard {answer.shard} answered as many rows as scores in no part")
    rows = np.concatenate([part.rows for part in answer.parts])
    scores = np.concatenate([part.scores for part in answer.parts])
    if not np.isfinite(scores).all():
        raise DependencyError(f"shard {answer.shard} answered scores that are not finite")
    if len(rows) and (rows.min() < 0 or rows.max() >= lengths.pop()):
        raise DependencyError(f"shard {answer.shard} answered rows it has no columns for")


def pool_answers(answers: Sequence[ShardAnswer]) -> Pool:
    """Join checked answers of different shards, one at least."""
    ordered = sorted(answers, key=lambda answer: answer.shard)
    columns: dict[str, Column] = {
        column.name: np.concatenate([answer.columns[column.name] for answer in ordered])
        for column in CANDIDATE_COLUMNS
    }
    sizes = [len(answer.columns["item_id"]) for answer in ordered]
    starts = np.cumsum([0, *sizes[:-1]])
    return Pool(columns, _hits(columns["item_id"], ordered, starts))


def _hits(item_ids: Column, answers: Sequence[ShardAnswer], starts: Column) -> list[Hits]:
    """Sort the hits of all parts and shards at once: by part, score and item."""
    parts = [part for answer in answers for part in answer.parts]
    part_count = len(answers[0].parts)
    counts = [len(part.rows) for part in parts]
    rows = np.concatenate([part.rows for part in parts])
    rows = rows + np.repeat(np.repeat(starts, part_count), counts)
    scores = np.concatenate([part.scores for part in parts])
    part_of = np.repeat(np.tile(np.arange(part_count), len(answers)), counts)

    rank, first_row = _ranks(item_ids)
    # One sort of plain integers takes a tenth of a lexicographic sort per part.
    keys = part_of.astype(np.uint64) << (SCORE_BITS + ITEM_BITS)
    keys |= _descending(scores).astype(np.uint64) << ITEM_BITS
    keys |= rank[rows].astype(np.uint64)
    order = np.argsort(keys)
    rows, scores = first_row[rank[rows[order]]], scores[order]
    ends = np.cumsum(np.bincount(part_of, minlength=part_count))
    hits = [
        Hits(rows[start:end], scores[start:end])
        for start, end in zip([0, *ends[:-1]], ends, strict=True)
    ]
    return hits if len(first_row) == len(item_ids) else [_without_repeats(one) for one in hits]


def _ranks(item_ids: Column) -> tuple[Rows, Rows]:
    """Each row's place in the order of distinct item ids, and the first row of each place."""
    order = np.argsort(item_ids, kind="stable")
    is_new = np.ones(len(order), np.bool_)
    np.not_equal(item_ids[order[1:]], item_ids[order[:-1]], out=is_new[1:])
    rank = np.empty(len(order), np.intp)
    rank[order] = np.cumsum(is_new) - 1
    return rank, order[is_new]


def _descending(scores: Floats) -> npt.NDArray[np.uint32]:
    """Integers that ascend as finite scores descend; 0.0 and -0.0 are equal."""
    bits = (np.float32(0) - scores).astype("<f4").view(np.uint32)
    sign = np.uint32(1 << 31)
    return np.where(bits & sign, ~bits, bits | sign)


def _without_repeats(hits: Hits) -> Hits:
    """The better hit of each item that shards do not agree about whose it is."""
    _, first = np.unique(hits.rows, return_index=True)
    first.sort()
    return Hits(hits.rows[first], hits.scores[first])
