"""Reads ready-made lists of rows block by block, so that what is not eligible costs no place."""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from ann_shards.eligibility import EligibleRows
from generation.id_lists import IdLists

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

SMALLEST_BLOCK = 8
BLOCK_GROWTH = 4


def scan_best(
    lists: IdLists,
    keys: Rows,
    eligible: EligibleRows,
    score: Callable[[npt.NDArray[np.int32], Rows], Floats],
    limit: int,
) -> Rows:
    """Eligible rows that include the `limit` best, for lists that run best first.

    A list is read on only while its last row read still beats the worst of the best so far.

    Args:
        score: Scores of rows `int32[m]` whose lists are given as positions in `keys`, `int64[m]`;
            along each list it never grows.
    """
    found = [np.empty(0, np.int64)]
    found_scores = np.empty(0, np.float32)
    unfinished = np.arange(len(keys))
    skip, block = 0, max(SMALLEST_BLOCK, limit // max(1, len(keys)))
    while len(unfinished):
        rows, owner = lists.rows_of_all(keys[unfinished], block, skip)
        scores = score(rows, unfinished[owner])
        keep = eligible.only(rows)
        found.append(rows[keep].astype(np.int64))
        found_scores = np.concatenate([found_scores, scores[keep]])
        counts = np.bincount(owner, minlength=len(unfinished))
        goes_on = counts == block
        if len(found_scores) > limit:
            worst = np.partition(found_scores, -limit)[-limit]
            last = np.maximum(np.cumsum(counts) - 1, 0)
            goes_on[goes_on] = scores[last[goes_on]] >= worst
        unfinished = unfinished[goes_on]
        skip, block = skip + block, block * BLOCK_GROWTH
    return np.concatenate(found)


def scan_list(rows: npt.NDArray[np.int32], eligible: EligibleRows, wanted: int) -> Rows:
    """As `scan_until`, for a single list."""
    found = [np.empty(0, np.int64)]
    start, block = 0, max(SMALLEST_BLOCK, wanted)
    while start < len(rows) and wanted > 0:
        head = rows[start : start + block]
        found.append(head[eligible.only(head)].astype(np.int64))
        wanted -= len(found[-1])
        start, block = start + block, block * BLOCK_GROWTH
    return np.concatenate(found)


def scan_until(lists: IdLists, keys: Rows, eligible: EligibleRows, wanted: int) -> Rows:
    """Eligible rows from the heads of the lists, read evenly until `wanted` are found."""
    found = [np.empty(0, np.int64)]
    for rows in _blocks(lists, keys, max(SMALLEST_BLOCK, wanted // max(1, len(keys)))):
        found.append(rows[eligible.only(rows)].astype(np.int64))
        wanted -= len(found[-1])
        if wanted <= 0:
            break
    return np.concatenate(found)


def _blocks(lists: IdLists, keys: Rows, block: int) -> Iterator[npt.NDArray[np.int32]]:
    skip = 0
    while True:
        rows, _ = lists.rows_of_all(keys, block, skip)
        if len(rows) == 0:
            return
        yield rows
        skip, block = skip + block, block * BLOCK_GROWTH
