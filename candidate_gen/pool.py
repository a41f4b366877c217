"""All that the shards found for one request: one set of columns, one list of hits per source."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from candidate_gen.batch import Column, Rows
from generation.item_columns import CANDIDATE_COLUMNS
from serving.contracts.shard import PartHits, ShardAnswer
from serving.errors import DependencyError

Floats = npt.NDArray[np.float32]


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
    """Distinct items and who found them; the same whatever the order of the answers.

    Attributes:
        columns: CANDIDATE_COLUMNS.
        hits: One per part asked, in that order.
    """

    columns: dict[str, Column]
    hits: list[Hits]


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
    rows = np.concatenate([part.rows for part in answer.parts])
    scores = np.concatenate([part.scores for part in answer.parts])
    if len(rows) != len(scores) or not np.isfinite(scores).all():
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
    repeats = _is_repeat(columns["item_id"])
    hits = [
        _merge(columns["item_id"], starts, [answer.parts[part] for answer in ordered], repeats)
        for part in range(len(ordered[0].parts))
    ]
    return Pool(columns, hits)


def _is_repeat(item_ids: Column) -> Column | None:
    """Rows of items that an earlier shard answered too; `None` when there are none, as always
    but when shards disagree about whose an item is."""
    order = np.argsort(item_ids, kind="stable")
    again = item_ids[order[1:]] == item_ids[order[:-1]]
    if not again.any():
        return None
    repeats = np.zeros(len(item_ids), np.bool_)
    repeats[order[1:][again]] = True
    return repeats


def _merge(
    item_ids: Column, starts: Column, parts: Sequence[PartHits], repeats: Column | None
) -> Hits:
    rows = np.concatenate(
        [start + part.rows for start, part in zip(starts, parts, strict=True)]
    ).astype(np.intp)
    scores = np.concatenate([part.scores for part in parts])
    if repeats is not None:
        first = ~repeats[rows]
        rows, scores = rows[first], scores[first]
    best_first = np.lexsort((item_ids[rows], -scores))
    return Hits(rows[best_first], scores[best_first])
