"""Chooses which of the found items go on, so that no source crowds the others out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from candidate_gen.pool import Hits
from candidate_gen.pool_columns import Rows
from candidate_gen.run_sort import sort_places
from generation.compiled import FLOAT32S, INT64, INT64S, UINT32S, compiled, several, step

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Selection:
    """The chosen rows, best first.

    Attributes:
        rows: Distinct rows of the pool.
        source_bits: `uint32`, every source that found the item, parallel to `rows`.
        source_scores: `float32`, score in the source whose quota the item took, parallel.
        kept_counts: Items that took each source's quota, in the order of the sources.
    """

    rows: Rows
    source_bits: Bits
    source_scores: Floats
    kept_counts: list[int]


def select_by_quota(
    hits: Hits, quotas: Ints, bits: Bits, total_quota: int, row_count: int
) -> Selection:
    """Fill every quota, then let what is left unused spill to the sources in their order.

    An item found by several sources takes the quota of the first that has room. The order of the
    result goes by the best position, relative to the quota, that any source gave an item: so
    cutting its end off costs all sources alike, and no source loses its best.

    Args:
        hits: A part per source that was asked, in the declared order.
        quotas, bits: `int64` and `uint32`, of these sources.
        total_quota: Of all sources, those that were not asked included.
        row_count: Rows in the pool.
    """
    rows, source_bits, scores, kept = selected(
        hits.rows, hits.scores, hits.ends, quotas, bits, total_quota, row_count
    )
    return Selection(rows, source_bits, scores, kept.tolist())


@step
def pick(
    rows: Ints, first: int, end: int, limit: int, is_free: Ints, picks: Ints, picked: int
) -> int:
    """Put the best `limit` hits nobody took yet after the `picked`; how many there are then."""
    most = picked + limit
    for at in range(first, end):
        if picked == most:
            break
        if is_free[rows[at]]:
            is_free[rows[at]] = 0
            picks[picked] = at
            picked += 1
    return picked


@compiled(
    several(INT64S, UINT32S, FLOAT32S, INT64S),
    *(INT64S, FLOAT32S, INT64S, INT64S, UINT32S, INT64, INT64),
)
def selected(
    rows: Ints,
    scores: Floats,
    ends: Ints,
    quotas: Ints,
    bits: Bits,
    total_quota: int,
    row_count: int,
) -> tuple[Ints, Bits, Floats, Ints]:
    """As `Selection`; arguments as in `Hits` and `select_by_quota`."""
    bits_of = np.zeros(row_count, np.uint32)
    position = np.full(row_count, np.inf, np.float32)
    is_free, picks = np.ones(row_count, np.int64), np.empty(row_count, np.int64)
    kept, picked = np.zeros(len(ends), np.int64), 0
    for source in range(len(ends)):
        first = ends[source - 1] if source else 0
        for at in range(first, ends[source]):
            relative = np.float32(at - first + 0.5) / np.float32(max(1, quotas[source]))
            position[rows[at]] = min(position[rows[at]], relative)
            bits_of[rows[at]] |= bits[source]
        before = picked
        picked = pick(rows, first, ends[source], quotas[source], is_free, picks, picked)
        kept[source] = picked - before
    for source in range(len(ends)):
        first = ends[source - 1] if source else 0
        before = picked
        picked = pick(rows, first, ends[source], total_quota - picked, is_free, picks, picked)
        kept[source] += picked - before
    order = np.arange(picked)
    sort_places(order, 0, picked, position[rows[picks[:picked]]], np.arange(picked))
    picks = picks[order]
    chosen = rows[picks]
    return chosen, bits_of[chosen], scores[picks], kept
