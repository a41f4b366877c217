"""Chooses which of the found items go on, so that no source crowds the others out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from candidate_gen.batch import Rows
from candidate_gen.pool import NO_HITS, Hits


@dataclass(frozen=True, slots=True)
class SourceHits:
    """One source's hits, its quota and its bit of `source_bits`."""

    hits: Hits
    quota: int
    bit: int


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
    source_bits: npt.NDArray[np.uint32]
    source_scores: npt.NDArray[np.float32]
    kept_counts: list[int]


def select_by_quota(sources: Sequence[SourceHits], row_count: int) -> Selection:
    """Fill every quota, then let what is left unused spill to the sources in their order.

    An item found by several sources takes the quota of the first that has room. The order of the
    result goes by the best position, relative to the quota, that any source gave an item: so
    cutting its end off costs all sources alike, and no source loses its best.

    Args:
        sources: In the declared order.
        row_count: Rows in the pool.
    """
    is_free = np.ones(row_count, np.bool_)
    picks = [_pick(source.hits, source.quota, is_free) for source in sources]
    unused = sum(source.quota for source in sources) - sum(map(len, picks))
    spilt = []
    for source in sources:
        spilt.append(_pick(source.hits, unused, is_free))
        unused -= len(spilt[-1])
    chosen = list(zip([*sources, *sources], [*picks, *spilt], strict=True))
    rows = np.concatenate([source.hits.rows[pick] for source, pick in chosen])
    scores = np.concatenate([source.hits.scores[pick] for source, pick in chosen])
    bits, position = _provenance(sources, row_count)
    order = np.argsort(position[rows], kind="stable")
    rows = rows[order]
    kept = [len(pick) + len(extra) for pick, extra in zip(picks, spilt, strict=True)]
    return Selection(rows, bits[rows], scores[order], kept)


def _provenance(
    sources: Sequence[SourceHits], row_count: int
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.float32]]:
    """Per row of the pool, who found it, and its best position relative to a quota."""
    bits = np.zeros(row_count, np.uint32)
    position = np.full(row_count, np.inf, np.float32)
    for source in sources:
        rows = source.hits.rows
        bits[rows] |= np.uint32(source.bit)
        relative = (np.arange(len(rows), dtype=np.float32) + 0.5) / max(1, source.quota)
        position[rows] = np.minimum(position[rows], relative)
    return bits, position


def _pick(hits: Hits, limit: int, is_free: npt.NDArray[np.bool_]) -> Rows:
    """Positions of the best `limit` hits nobody took yet, which are then taken."""
    if limit == 0 or not len(hits.rows):
        return NO_HITS.rows
    positions = np.flatnonzero(is_free[hits.rows])[:limit]
    is_free[hits.rows[positions]] = False
    return positions
