"""How each kind of part but VECTORS finds its items in a shard. Scores are as `PartKind` says."""

from collections.abc import Callable
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ann_shards import row_bits
from ann_shards.best_hits import Floats, Hits, Rows, best_hits, distinct_rows
from ann_shards.eligibility import EligibleRows
from ann_shards.list_scan import scan_best, scan_list, scan_until
from ann_shards.shard_items import ShardItems
from serving.clock import DAY_MS
from serving.contracts.shard import PartKind, SearchPart
from serving.errors import InvalidRequestError

POOL_FACTOR = 2
"""Rows scored per hit wanted where a list's order is not quite the score's."""

NEWEST_ROWS = 2_000
"""Newest eligible rows looked through for a category: what is too new to be popular yet. Not below
`MAX_LIMIT`, as the newest themselves are a part, too."""

ALL_REGIONS = 0


class Scope:
    """What the parts of one request share."""

    def __init__(self, items: ShardItems, eligible: EligibleRows, region: int, now_ms: int) -> None:
        self.items = items
        self.eligible = eligible
        self.region = region
        self.now_ms = now_ms

    @cached_property
    def newest(self) -> Rows:
        """The newest eligible rows of the generation, newest first, as many as any part needs."""
        return row_bits.last_rows(self.eligible.base, NEWEST_ROWS)

    def freshness(self, rows: Rows) -> Floats:
        """`1 / (1 + age in days)`; a future item counts as brand new."""
        age_ms = np.maximum(self.now_ms - self.items.column("created_ms", rows), 0)
        return np.asarray(1 / (1 + age_ms / DAY_MS), np.float32)

    def best(self, rows: Rows, scores: Floats, limit: int) -> Hits:
        """See `best_hits`."""
        return best_hits(rows, scores, self._item_ids, limit)

    def _item_ids(self, rows: Rows) -> Rows:
        return self.items.column("item_id", rows)


def find_by_authors(scope: Scope, part: SearchPart) -> Hits:
    keys, weights = _weighted_keys(part)
    boosts = 1 + weights

    def score(rows: npt.NDArray[np.int32], owner: Rows) -> Floats:
        return boosts[owner] * scope.freshness(rows.astype(np.int64))

    old = scan_best(scope.items.base.authors, keys, scope.eligible, score, part.limit)
    new = _delta_rows(scope, "author_id", keys)
    rows = np.concatenate([old, new])
    at = np.searchsorted(keys, scope.items.column("author_id", rows))
    return scope.best(rows, boosts[at] * scope.freshness(rows), part.limit)


def find_items(scope: Scope, part: SearchPart) -> Hits:
    keys, weights = _weighted_keys(part)
    rows = scope.items.find(keys)
    keep = scope.eligible.only(rows)
    return scope.best(rows[keep], weights[keep], part.limit)


def find_by_categories(scope: Scope, part: SearchPart) -> Hits:
    keys, weights = _weighted_keys(part)
    items = scope.items
    boost_of = _boosts_by_category(items.last_category, keys, weights)
    popular = scan_until(items.base.categories, keys, scope.eligible, POOL_FACTOR * part.limit)
    newest = scope.newest
    is_wanted = _largest_boost(boost_of, items.base.columns["categories"].take(newest, axis=0)) > 0
    # Every eligible row from the oldest of the newest on is among them: no need to compare.
    older = distinct_rows(popular[popular < newest[-1:]])
    rows = np.concatenate([newest[is_wanted], older, _delta_rows(scope, "categories", keys)])
    boosts = _largest_boost(boost_of, items.column("categories", rows))
    scores = boosts * np.log1p(items.popularity(rows, scope.now_ms) + 1) * scope.freshness(rows)
    return scope.best(rows, scores, part.limit)


def find_popular(scope: Scope, part: SearchPart) -> Hits:
    items = scope.items
    wanted = POOL_FACTOR * part.limit
    found = [scope.eligible.delta_rows]
    for region in dict.fromkeys((scope.region, ALL_REGIONS)):
        found.append(scan_list(items.base.popular.rows(region), scope.eligible, wanted))
        if len(found[-1]) >= wanted:
            break
    if len(items.live):
        live = items.live_popular_rows()
        found.append(live[scope.eligible.only(live)])
    rows = distinct_rows(*found)
    return scope.best(rows, items.popularity(rows, scope.now_ms), part.limit)


def find_fresh(scope: Scope, part: SearchPart) -> Hits:
    rows = np.concatenate([scope.newest[: part.limit], scope.eligible.delta_rows])
    return scope.best(rows, scope.freshness(rows), part.limit)


FINDERS: dict[PartKind, Callable[[Scope, SearchPart], Hits]] = {
    PartKind.AUTHORS: find_by_authors,
    PartKind.ITEMS: find_items,
    PartKind.CATEGORIES: find_by_categories,
    PartKind.POPULAR: find_popular,
    PartKind.FRESH: find_fresh,
}


def _weighted_keys(part: SearchPart) -> tuple[Rows, Floats]:
    """Distinct ids, ascending, each with its largest weight."""
    if part.ids is None or part.weights is None:
        raise InvalidRequestError("part.ids", f"missing in a part of kind {part.kind.name}")
    order = np.lexsort((part.weights, part.ids))
    ids, weights = part.ids[order], part.weights[order]
    last = np.flatnonzero(np.append(np.diff(ids) != 0, [True] * (len(ids) > 0)))
    return ids[last], weights[last]


def _delta_rows(scope: Scope, column: str, keys: Rows) -> Rows:
    """Eligible new items whose column holds one of `keys`."""
    rows = scope.eligible.delta_rows
    if not len(rows):
        return rows
    values = scope.items.column(column, rows)
    is_wanted = np.isin(values, keys)
    return rows[is_wanted if values.ndim == 1 else is_wanted.any(axis=1)]


def _boosts_by_category(last_category: int, keys: Rows, weights: Floats) -> Floats:
    """Per category code what its items' scores are multiplied with; 0 where nobody asked."""
    boost_of = np.zeros(last_category + 1, np.float32)
    is_code = (keys >= 0) & (keys <= last_category)
    boost_of[keys[is_code]] = 1 + weights[is_code]
    return boost_of


def _largest_boost(boost_of: Floats, categories: npt.NDArray[np.int32]) -> Floats:
    """Of the boosts of each item's categories (`int32[n, 4]`), the largest."""
    # numpy reduces the first axis some twenty times as fast as a last one of length 4.
    return np.asarray(boost_of.take(categories.T).max(axis=0))
