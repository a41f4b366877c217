"""All that the shards found for one request: one set of columns, one list of hits per source."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from candidate_gen.pool_columns import PoolColumns, Rows
from candidate_gen.pooled_hits import first_problem, merged_hits
from generation.item_columns import CANDIDATE_COLUMNS
from serving.contracts.shard import ShardAnswer
from serving.errors import DependencyError

Floats = npt.NDArray[np.float32]

COLUMN_NAMES = [column.name for column in CANDIDATE_COLUMNS]
PROBLEMS = {1: "scores that are not finite", 2: "rows it has no columns for"}


@dataclass(frozen=True, slots=True)
class Hits:
    """Hits of all sources over all shards, best first; ties by smaller item id.

    Attributes:
        rows: `intp[h]`, rows of the pool's columns, distinct within a part.
        scores: `float32[h]`, parallel.
        ends: `int64[parts]`: where the hits of each part asked end, in that order.
    """

    rows: Rows
    scores: Floats
    ends: npt.NDArray[np.int64]

    def counts(self) -> list[int]:
        """How many hits each part has."""
        ends = self.ends.tolist()
        return [end - first for first, end in zip([0, *ends], ends, strict=False)]


@dataclass(frozen=True, slots=True)
class Pool:
    """What was found and by whom; the same whatever the order of the answers.

    Attributes:
        columns: CANDIDATE_COLUMNS. An item that two shards answered has two rows, of which hits
            name the first.
        row_count: Of each column.
    """

    columns: PoolColumns
    row_count: int
    hits: Hits


def check_answer(answer: ShardAnswer, part_count: int) -> None:
    """Believe a shard only when its arrays fit together.

    Raises:
        DependencyError: naming what does not.
    """
    lengths = {len(answer.columns[name]) for name in COLUMN_NAMES}
    if len(lengths) != 1:
        raise DependencyError(f"shard {answer.shard} answered columns of {sorted(lengths)} rows")
    parts = answer.parts
    if len(parts) != part_count:
        raise DependencyError(f"shard {answer.shard} answered {len(parts)} parts of {part_count}")
    if any(len(part.rows) != len(part.scores) for part in parts):
        raise DependencyError(
            f"shard {answer.shard} answered a part with more rows than scores, or fewer"
        )
    rows = np.concatenate([part.rows for part in parts])
    scores = np.concatenate([part.scores for part in parts])
    problem = first_problem(rows, scores, lengths.pop())
    if problem:
        raise DependencyError(f"shard {answer.shard} answered {PROBLEMS[problem]}")


def pool_answers(answers: Sequence[ShardAnswer]) -> Pool:
    """Join checked answers of different shards, one at least."""
    ordered = sorted(answers, key=lambda answer: answer.shard)
    parts = [part for answer in ordered for part in answer.parts]
    columns = PoolColumns(ordered)
    item_ids = columns["item_id"]
    starts = np.cumsum([0, *(len(answer.columns["item_id"]) for answer in ordered[:-1])])
    rows, scores, ends = merged_hits(
        item_ids,
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.array([len(part.rows) for part in parts], np.int64),
        starts,
    )
    return Pool(columns, len(item_ids), Hits(rows, scores, ends))
