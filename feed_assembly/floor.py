"""The popular floor: what is shown when there is no list, from memory and without any neighbour.

A vetted pool per region: public, not sensitive. A page takes it category by category, so that eight
categories are in it where there are eight, and at most two items of an author.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from feed_assembly.content.content_base import ContentBase
from generation import layout
from generation.arrow_file import MappedTable

Ids = npt.NDArray[np.int64]
MAX_PER_AUTHOR = 2
NO_AUTHOR = -1
EVERY_REGION = 0


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """The floor of one region, most popular first.

    Attributes:
        item_ids, author_ids: `int64[n]`, distinct items.
        scores: `float32[n]`, popularity, descending.
        categories: `int64[n]`, some number per main category.
    """

    item_ids: Ids
    author_ids: Ids
    scores: npt.NDArray[np.float32]
    categories: Ids

    def spread(self, usable: npt.NDArray[np.bool_], count: int) -> npt.NDArray[np.intp]:
        """Rows of at most `count` usable items, in the order to show them.

        Rounds of one item per category, each round most popular first. Where two items per author
        are not enough, the others of those authors follow.
        """
        rows = np.flatnonzero(usable)
        rounds = _occurrence(self.categories[rows])
        rows = rows[np.lexsort((rows, rounds))]
        of_author = _occurrence(self.author_ids[rows])
        is_late = (of_author >= MAX_PER_AUTHOR) & (self.author_ids[rows] != NO_AUTHOR)
        return np.concatenate([rows[~is_late], rows[is_late]])[:count]


class Floor:
    """The pools of all regions."""

    def __init__(self, pools: Mapping[int, Pool]) -> None:
        self._pools = pools

    def pool(self, region: int) -> Pool:
        """Pool of a region code; that of every region where it has none."""
        pool = self._pools.get(region)
        return pool if pool is not None else self._pools[EVERY_REGION]


def read_floor(folder: Path, content: ContentBase) -> Floor:
    """Load the floor of a verified generation.

    Raises:
        ValueError: the file lacks a column.
    """
    table = MappedTable(folder / layout.POPULAR_FLOOR)
    regions: npt.NDArray[np.int32] = table.array("region")
    ids, scores = table.lists("item_ids"), table.lists("scores")
    pools = {EVERY_REGION: _pool(np.empty(0, np.int64), np.empty(0, np.float32), content)}
    for region in np.unique(regions).tolist():
        rows = np.flatnonzero(regions == region)
        item_ids = np.concatenate([ids.row(row) for row in rows.tolist()])
        pools[region] = _pool(
            item_ids, np.concatenate([scores.row(row) for row in rows.tolist()]), content
        )
    return Floor(pools)


def _pool(item_ids: Ids, scores: npt.NDArray[np.float32], content: ContentBase) -> Pool:
    distinct, first = np.unique(item_ids, return_index=True)
    best_first = np.lexsort((distinct, -scores[first]))
    ids = distinct[best_first]
    main = [names[0] if names else "" for names in content.categories(ids)]
    categories = np.unique(np.array(main, np.str_), return_inverse=True)[1]
    return Pool(
        ids,
        content.author_ids(ids),
        scores[first][best_first].astype(np.float32),
        categories.astype(np.int64).reshape(-1),
    )


def _occurrence(values: Ids) -> Ids:
    """How many equal values come before each one. `int64[len(values)]`."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.searchsorted(ordered, ordered, side="left")
    occurrence = np.empty(len(values), np.int64)
    occurrence[order] = np.arange(len(values)) - starts
    return occurrence
