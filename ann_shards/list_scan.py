"""Reads ready-made lists of rows from their heads, so that what is not eligible costs no place."""

import numpy as np
import numpy.typing as npt

from ann_shards.best_hits import RowsAndScores, best_of
from ann_shards.item_arrays import (
    EligibleArrays,
    ItemArrays,
    ListArrays,
    boost_of_row,
    freshness_of,
    is_eligible,
    popularity_of,
)
from generation.compiled import step
from generation.id_table import NOWHERE, Table, empty_table, slot_of
from generation.sorted_ids import places_of

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

SMALLEST_BLOCK = 8
BLOCK_GROWTH = 4


@step
def with_room(rows: Rows, count: int, more: int) -> Rows:
    """The same first `count` rows in an array with room for `more`."""
    if count + more <= len(rows):
        return rows
    larger = np.empty(max(2 * len(rows), count + more), np.int64)
    larger[:count] = rows[:count]
    return larger


@step
def heads(
    eligible: EligibleArrays,
    lists: ListArrays,
    places: Rows,
    wanted: int,
) -> Rows:
    """Eligible rows from the heads of some lists, read evenly until `wanted` are found.

    Rounds read ever larger blocks of every list; a round is read to its end. Rows in several of
    the lists come several times.
    """
    found = np.empty(max(16, 2 * wanted), np.int64)
    count, skip = 0, 0
    block = max(SMALLEST_BLOCK, wanted // max(1, len(places)))
    unread = wanted > 0
    while unread and count < wanted:
        unread = False
        for place in places:
            if place < 0:
                continue
            start = lists.offsets[place] + skip
            end = min(start + block, lists.offsets[place + 1])
            found = with_room(found, count, max(0, end - start))
            for at in range(start, end):
                if is_eligible(eligible, lists.values[at]):
                    found[count] = lists.values[at]
                    count += 1
            unread = unread or end > start
        skip, block = skip + block, block * BLOCK_GROWTH
    return found[:count]


@step
def add_distinct(rows: Rows, count: int, table: Table, row: int) -> int:
    """Append a row unless it is there; the new count."""
    slot = slot_of(table, rows, row)
    if table[slot] != NOWHERE:
        return count
    table[slot] = count
    rows[count] = row
    return count + 1


@step
def next_eligible(
    eligible: EligibleArrays,
    lists: ListArrays,
    place: int,
    after: int,
) -> int:
    """Where in `values` a list's next eligible row is, from its head if `after` is negative; -1."""
    if place < 0:
        return -1
    at = lists.offsets[place] if after < 0 else after + 1
    while at < lists.offsets[place + 1]:
        if is_eligible(eligible, lists.values[at]):
            return int(at)
        at += 1
    return -1


@step
def sink_head(heap: Rows, size: int, at: int, scores: Floats) -> None:
    """Restore a heap of lists, the one with the best head on top, below place `at`."""
    while True:
        best = at
        for child in (2 * at + 1, 2 * at + 2):
            if child < size and scores[heap[child]] > scores[heap[best]]:
                best = child
        if best == at:
            return
        heap[at], heap[best] = heap[best], heap[at]
        at = best


@step
def fresh_hits(
    items: ItemArrays, newest: Rows, new_rows: Rows, now_ms: int, limit: int
) -> RowsAndScores:
    """The newest items. `new_rows` are the eligible ones of the delta."""
    rows = np.concatenate((newest[:limit], new_rows))
    scores = np.empty(len(rows), np.float32)
    for at in range(len(rows)):
        scores[at] = freshness_of(items, rows[at], now_ms)
    return best_of(items, rows, scores, limit)


@step
def popular_hits(
    items: ItemArrays,
    eligible: EligibleArrays,
    lists: ListArrays,
    places: Rows,
    others: Rows,
    live_factor: float,
    wanted: int,
    limit: int,
) -> RowsAndScores:
    """The most popular of the first list that has `wanted` eligible rows, or of all of them.

    Args:
        others: Rows that may be popular and are in no list; those not eligible are left out.
    """
    gathered = others.copy()
    for place in places:
        found = heads(eligible, lists, np.full(1, place, np.int64), wanted)
        gathered = np.concatenate((gathered, found))
        if len(found) >= wanted:
            break
    rows = np.empty(len(gathered), np.int64)
    table = empty_table(len(gathered))
    count = 0
    for row in gathered:
        if is_eligible(eligible, row):
            count = add_distinct(rows, count, table, row)
    scores = np.empty(count, np.float32)
    for at in range(count):
        scores[at] = popularity_of(items, rows[at], live_factor)
    return best_of(items, rows[:count], scores, limit)


@step
def category_hits(
    items: ItemArrays,
    eligible: EligibleArrays,
    lists: ListArrays,
    places: Rows,
    boosts: Floats,
    newest: Rows,
    new_rows: Rows,
    live_factor: float,
    now_ms: int,
    wanted: int,
    limit: int,
) -> RowsAndScores:
    """Items of some categories: among the newest, the most popular, and the delta's.

    Args:
        places: Where the categories' lists are; most popular first.
        boosts: By category code, what an item's score is multiplied with; 0 for others.
        newest: Newest eligible rows: every eligible row from the oldest of them on is one of them.
        wanted: Popular rows looked at.
    """
    popular = heads(eligible, lists, places, wanted)
    oldest = newest[-1] if len(newest) else 0
    rows = np.empty(len(newest) + len(popular) + len(new_rows), np.int64)
    count = 0
    for row in newest:
        if boost_of_row(items, boosts, row) > 0:
            rows[count] = row
            count += 1
    older = rows[count:]
    older_count = 0
    table = empty_table(len(popular))
    for row in popular:
        if row < oldest:
            older_count = add_distinct(older, older_count, table, row)
    count += older_count
    for row in new_rows:
        if boost_of_row(items, boosts, row) > 0:
            rows[count] = row
            count += 1
    scores = np.empty(count, np.float32)
    for at in range(count):
        popularity = popularity_of(items, rows[at], live_factor)
        liking = boost_of_row(items, boosts, rows[at]) * np.log1p(popularity + np.float32(1))
        scores[at] = liking * freshness_of(items, rows[at], now_ms)
    return best_of(items, rows[:count], scores, limit)


@step
def new_of_authors(items: ItemArrays, keys: Rows, new_rows: Rows) -> tuple[Rows, Rows]:
    """The rows of the delta by some authors, and for each where its author is in `keys`."""
    rows, owners = np.empty(len(new_rows), np.int64), np.empty(len(new_rows), np.int64)
    count = 0
    for row in new_rows:
        owner = np.searchsorted(keys, items.new_author_ids[row - items.base_count])
        if owner < len(keys) and keys[owner] == items.new_author_ids[row - items.base_count]:
            rows[count], owners[count] = row, owner
            count += 1
    return rows[:count], owners[:count]


@step
def author_hits(
    items: ItemArrays,
    eligible: EligibleArrays,
    lists: ListArrays,
    keys: Rows,
    weights: Floats,
    new_rows: Rows,
    now_ms: int,
    limit: int,
) -> RowsAndScores:
    """Newest items of some authors, whose lists run newest first: merged by a heap of their heads.

    Args:
        keys: The authors, ascending; `weights` parallel to them.
        new_rows: The eligible rows of the delta.
    """
    places, boosts = places_of(lists.keys, keys), np.float32(1) + weights
    new_rows, owners = new_of_authors(items, keys, new_rows)
    count = len(places)
    heap, scores = np.empty(count, np.int64), np.empty(count, np.float32)
    at_of = np.empty(count, np.int64)
    size = 0
    for author in range(count):
        at = next_eligible(eligible, lists, places[author], -1)
        if at >= 0:
            at_of[author] = at
            scores[author] = boosts[author] * freshness_of(items, lists.values[at], now_ms)
            heap[size] = author
            size += 1
    for at in range(size // 2 - 1, -1, -1):
        sink_head(heap, size, at, scores)
    found = np.empty(limit + len(new_rows) + 16, np.int64)
    found_scores = np.empty(len(found), np.float32)
    taken = 0
    while size and (taken < limit or scores[heap[0]] == found_scores[limit - 1]):
        author = heap[0]
        if taken + len(new_rows) >= len(found):
            found = with_room(found, taken, taken + len(new_rows))
            grown = np.empty(len(found), np.float32)
            grown[:taken] = found_scores[:taken]
            found_scores = grown
        found[taken], found_scores[taken] = lists.values[at_of[author]], scores[author]
        taken += 1
        at = next_eligible(eligible, lists, places[author], at_of[author])
        if at >= 0:
            at_of[author] = at
            scores[author] = boosts[author] * freshness_of(items, lists.values[at], now_ms)
        else:
            size -= 1
            heap[0] = heap[size]
        sink_head(heap, size, 0, scores)
    for new in range(len(new_rows)):
        found[taken] = new_rows[new]
        found_scores[taken] = boosts[owners[new]] * freshness_of(items, new_rows[new], now_ms)
        taken += 1
    return best_of(items, found[:taken], found_scores[:taken], limit)
