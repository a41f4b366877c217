"""All shards' hits as one list per part, compiled, see ADR 8."""

import numpy as np
import numpy.typing as npt

from candidate_gen.run_sort import sort_places
from generation.compiled import FLOAT32S, INT32S, INT64, INT64S, compiled, several
from generation.id_table import place_of, table_of

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@compiled(INT64, INT32S, FLOAT32S, INT64)
def first_problem(rows: npt.NDArray[np.int32], scores: Floats, row_count: int) -> int:
    """0 for sound hits, 1 where a score is not finite, 2 where a row is none of `row_count`."""
    problem = 0
    for at in range(len(rows)):
        if not np.isfinite(scores[at]):
            return 1
        if not 0 <= rows[at] < row_count:
            problem = 2
    return problem


@compiled(several(INT64S, FLOAT32S, INT64S), INT64S, INT32S, FLOAT32S, INT64S, INT64S)
def merged_hits(
    item_ids: Ints, rows: npt.NDArray[np.int32], scores: Floats, counts: Ints, starts: Ints
) -> tuple[Ints, Floats, Ints]:
    """Hits of each part over all shards, as in `Hits`.

    Args:
        item_ids: Of all rows, one shard after another.
        rows, scores: Hits of all parts of the first shard, then of the next; rows count from the
            first of the shard.
        counts: `int64[shards * parts]`: how many hits of each.
        starts: `int64[shards]`: the first row of each shard.
    """
    part_count = len(counts) // len(starts)
    first_of = np.zeros(len(counts) + 1, np.int64)
    first_of[1:] = np.cumsum(counts)
    table, marks = table_of(item_ids), np.full(len(item_ids), -1, np.int64)
    keys, items = -scores, np.empty(len(rows), np.int64)
    row_of = np.empty(len(rows), np.int64)
    for shard in range(len(starts)):
        for at in range(first_of[shard * part_count], first_of[(shard + 1) * part_count]):
            items[at] = item_ids[rows[at] + starts[shard]]
            row_of[at] = place_of(table, item_ids, items[at])  # the first, where two shards have it
    places, best = np.empty(len(rows), np.int64), np.empty(len(rows), np.float32)
    found, ends = np.empty(len(rows), np.int64), np.empty(part_count, np.int64)
    filled = 0
    for part in range(part_count):
        size = 0
        for shard in range(len(starts)):
            number = shard * part_count + part
            for at in range(first_of[number], first_of[number + 1]):
                places[size] = at
                size += 1
        sort_places(places, 0, size, keys, items)
        for place in places[:size]:
            if marks[row_of[place]] != part:
                marks[row_of[place]] = part
                found[filled], best[filled] = row_of[place], scores[place]
                filled += 1
        ends[part] = filled
    return found[:filled], best[:filled], ends
