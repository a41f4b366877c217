"""Which candidates the main ranker sees: the pre-ranker's best, kept broad for new viewers."""

import numpy as np
import numpy.typing as npt

from ranker.rules import NO_CATEGORY, NOBODY

Rows = npt.NDArray[np.intp]

PRE_RANKED = 200


def best_rows(scores: npt.NDArray[np.float32], item_ids: npt.NDArray[np.int64]) -> Rows:
    """All rows, best first; ties go to the smaller item id."""
    return np.lexsort((item_ids, -scores))


def broad_first(
    order: Rows,
    author_ids: npt.NDArray[np.int64],
    categories: npt.NDArray[np.int32],
    max_per_author: int,
) -> Rows:
    """`order` with what a broad list needs in front, so that no cut can take it away.

    First the best of each category, then the best `max_per_author` of each author, then the rest.
    """
    categories, author_ids = categories[order], author_ids[order]
    is_first = (_place_in_group(categories) == 0) & (categories != NO_CATEGORY)
    is_extra = (_place_in_group(author_ids) >= max_per_author) & (author_ids != NOBODY)
    return order[np.argsort(np.where(is_first, 0, 1 + is_extra), kind="stable")]


def members_kept(order: Rows, is_member: npt.NDArray[np.bool_], count: int, members: int) -> Rows:
    """`order` with the best `members` members among its first `count`, so that no cut loses them.

    Those that lie further down take the last places before the cut, in their order.
    """
    at = np.flatnonzero(is_member[order])[:members]
    late = at[at >= count]
    if not len(late):
        return order
    rest = np.setdiff1d(np.arange(len(order)), late, assume_unique=True)
    places = np.concatenate([rest[: count - len(late)], late, rest[count - len(late) :]])
    kept: Rows = order[places]
    return kept


def _place_in_group(groups: npt.NDArray[np.integer]) -> npt.NDArray[np.intp]:
    """How many rows before each one are of the same group."""
    by_group = np.argsort(groups, kind="stable")
    sorted_groups = groups[by_group]
    is_start = np.ones(len(groups), np.bool_)
    is_start[1:] = sorted_groups[1:] != sorted_groups[:-1]
    place = np.arange(len(groups))
    starts = np.maximum.accumulate(np.where(is_start, place, 0))
    places = np.empty(len(groups), np.intp)
    places[by_group] = place - starts
    return places
