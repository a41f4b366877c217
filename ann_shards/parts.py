"""How each kind of part but VECTORS finds its items in a shard. Scores are as `PartKind` says."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ann_shards import row_bits
from ann_shards.best_hits import Floats, Hits, Rows, best_hits
from ann_shards.eligibility import EligibleRows
from ann_shards.list_scan import scan_best, scan_until
from ann_shards.shard_items import ShardItems
from serving.clock import DAY_MS
from serving.contracts.shard import PartKind, SearchPart
from serving.errors import InvalidRequestError

POOL_FACTOR = 2
"""Rows scored per hit wanted where a list's order is not quite the score's."""

RECENT_ROWS = 2_000
"""Newest eligible rows looked through for a category: what is too new to be popular yet."""

ALL_REGIONS = 0


@dataclass(frozen=True, slots=True)
class Scope:
    """What the parts of one request share."""

    items: ShardItems
    eligible: EligibleRows
    region: int
    now_ms: int

    def freshness(self, rows: Rows) -> Floats:
        """`1 / (1 + age in days)`; a future item counts as brand new."""
        age_ms = np.maximum(self.now_ms - self.items.column("created_ms", rows), 0)
        return np.asarray(1 / (1 + age_ms / DAY_MS), np.float32)

    def best(self, rows: Rows, scores: Floats, limit: int, *, may_repeat: bool = False) -> Hits:
        """See `best_hits`."""
        item_ids = self.items.column("item_id", rows)
        return best_hits(rows, scores, item_ids, limit, may_repeat=may_repeat)


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
    lists, base = scope.items.base.categories, scope.items.base
    popular = scan_until(lists, keys, scope.eligible, POOL_FACTOR * part.limit)
    newest = row_bits.last_rows(scope.eligible.base, max(RECENT_ROWS, part.limit))
    is_wanted = np.isin(base.columns["categories"][newest], keys).any(axis=1)
    rows = np.concatenate([popular, newest[is_wanted], _delta_rows(scope, "categories", keys)])
    boosts = 1 + _largest_weight(scope.items.column("categories", rows), keys, weights)
    popularity = scope.items.popularity(rows, scope.items.column("item_id", rows), scope.now_ms)
    scores = boosts * np.log1p(popularity + 1) * scope.freshness(rows)
    return scope.best(rows, scores, part.limit, may_repeat=True)


def find_popular(scope: Scope, part: SearchPart) -> Hits:
    items = scope.items
    wanted = POOL_FACTOR * part.limit
    found = [scope.eligible.delta_rows]
    for region in dict.fromkeys((scope.region, ALL_REGIONS)):
        found.append(scan_until(items.base.popular, np.array([region]), scope.eligible, wanted))
        if len(found[-1]) >= wanted:
            break
    live = items.find(items.live.most_popular())
    found.append(live[scope.eligible.only(live)])
    rows = np.unique(np.concatenate(found))
    scores = items.popularity(rows, items.column("item_id", rows), scope.now_ms)
    return scope.best(rows, scores, part.limit)


def find_fresh(scope: Scope, part: SearchPart) -> Hits:
    old = row_bits.last_rows(scope.eligible.base, part.limit)
    rows = np.concatenate([old, scope.eligible.delta_rows])
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
    values = scope.items.column(column, rows)
    is_wanted = np.isin(values, keys)
    return rows[is_wanted if values.ndim == 1 else is_wanted.any(axis=1)]


def _largest_weight(categories: npt.NDArray[np.int32], keys: Rows, weights: Floats) -> Floats:
    """Of the weights of an item's categories that were asked for, the largest."""
    if len(keys) == 0:
        return np.zeros(len(categories), np.float32)
    at = np.minimum(np.searchsorted(keys, categories), len(keys) - 1)
    each = np.where(keys[at] == categories, weights[at], np.float32(0))
    return np.asarray(each.max(axis=1, initial=0))
