"""How each kind of part but VECTORS finds its items in a shard. Scores are as `PartKind` says."""

from collections.abc import Callable
from functools import cached_property

import numpy as np

from ann_shards import row_bits
from ann_shards.best_hits import Floats, Hits, Rows, best_hits
from ann_shards.eligibility import EligibleRows
from ann_shards.list_scan import author_hits, category_hits, fresh_hits, popular_hits
from ann_shards.shard_items import ShardItems
from serving.contracts.shard import PartKind, SearchPart
from serving.errors import InvalidRequestError

POOL_FACTOR = 2
"""Rows scored per hit wanted where a list's order is not quite the score's."""

NEWEST_ROWS = 2_000
"""Newest eligible rows looked through for a category: what is too new to be popular yet. Not below
`MAX_LIMIT`, as the newest themselves are a part, too."""

ALL_REGIONS = 0
NO_ROWS: Rows = np.empty(0, np.int64)


class Scope:
    """What the parts of one request share."""

    def __init__(self, items: ShardItems, eligible: EligibleRows, region: int, now_ms: int) -> None:
        self.items = items
        self.arrays = items.arrays
        self.eligible = eligible
        self.region = region
        self.now_ms = now_ms

    @cached_property
    def newest(self) -> Rows:
        """The newest eligible rows of the generation, newest first, as many as any part needs."""
        return row_bits.last_rows(self.eligible.base, NEWEST_ROWS)

    @cached_property
    def live_factor(self) -> float:
        """See `LiveCounters.positives_factor`."""
        return self.items.live.positives_factor(self.now_ms)


def find_by_authors(scope: Scope, part: SearchPart) -> Hits:
    keys, weights = _weighted_keys(part)
    boosts = 1 + weights
    new_rows = _delta_rows(scope, "author_id", keys)
    owner = np.searchsorted(keys, scope.items.column("author_id", new_rows))
    lists = scope.items.base.authors
    return Hits(
        *author_hits(
            scope.arrays,
            scope.eligible.arrays,
            lists.offsets,
            lists.values,
            lists.places(keys),
            boosts,
            new_rows,
            boosts[owner],
            scope.now_ms,
            part.limit,
        )
    )


def find_items(scope: Scope, part: SearchPart) -> Hits:
    keys, weights = _weighted_keys(part)
    rows = scope.items.find(keys)
    keep = scope.eligible.only(rows)
    return Hits(*best_hits(scope.arrays, rows[keep], weights[keep], part.limit))


def find_by_categories(scope: Scope, part: SearchPart) -> Hits:
    keys, weights = _weighted_keys(part)
    lists = scope.items.base.categories
    return Hits(
        *category_hits(
            scope.arrays,
            scope.eligible.arrays,
            lists.offsets,
            lists.values,
            lists.places(keys),
            _boosts_by_category(scope.items.last_category, keys, weights),
            scope.newest,
            scope.eligible.delta_rows,
            scope.live_factor,
            scope.now_ms,
            POOL_FACTOR * part.limit,
            part.limit,
        )
    )


def find_popular(scope: Scope, part: SearchPart) -> Hits:
    lists = scope.items.base.popular
    regions = np.array(list(dict.fromkeys((scope.region, ALL_REGIONS))), np.int64)
    live = scope.items.live_popular_rows() if len(scope.items.live) else NO_ROWS
    return Hits(
        *popular_hits(
            scope.arrays,
            scope.eligible.arrays,
            lists.offsets,
            lists.values,
            lists.places(regions),
            np.concatenate([scope.eligible.delta_rows, live]),
            scope.live_factor,
            POOL_FACTOR * part.limit,
            part.limit,
        )
    )


def find_fresh(scope: Scope, part: SearchPart) -> Hits:
    new_rows = scope.eligible.delta_rows
    return Hits(*fresh_hits(scope.arrays, scope.newest, new_rows, scope.now_ms, part.limit))


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
