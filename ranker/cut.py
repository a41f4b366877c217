"""Which candidates the main ranker sees: the pre-ranker's best, kept broad for new viewers."""

import numpy as np
import numpy.typing as npt

from generation.compiled import FLOAT32S, INT64, INT64S, NOTHING, UINT32S, compiled, own
from ranker.rules import NO_CATEGORY, NOBODY

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Bits = npt.NDArray[np.uint32]

PRE_RANKED = 200


def best_rows(scores: npt.NDArray[np.float32], item_ids: npt.NDArray[np.int64]) -> Rows:
    """All rows, best first; ties go to the smaller item id."""
    order = np.argsort(-scores)
    settle_ties(order, own(scores), own(item_ids))
    return order


@compiled(NOTHING, INT64S, FLOAT32S, INT64S)
def settle_ties(order: Rows, scores: Floats, item_ids: npt.NDArray[np.int64]) -> None:
    """Put rows of equal scores, which lie side by side in `order`, by item id.

    Ties are few and short, so by insertion. Where all are alike, as when models answer the same for
    everything, that takes a step for each pair: some 60,000 for the 500 that are ranked at most.
    """
    for place in range(1, len(order)):
        row = order[place]
        before = place - 1
        while (
            before >= 0
            and scores[order[before]] == scores[row]
            and item_ids[order[before]] > item_ids[row]
        ):
            order[before + 1] = order[before]
            before -= 1
        order[before + 1] = row


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


@compiled(INT64S, INT64S, UINT32S, UINT32S, INT64, INT64)
def members_kept(order: Rows, groups: Bits, of_groups: Bits, count: int, members: int) -> Rows:
    """`order` with the best `members` of each group among its first `count`: no cut loses them.

    They push out what is last before the cut and belongs to none of them; all stay in their order.

    Args:
        groups: By row, one bit for each group it belongs to.
        of_groups: The bit of each group that is meant.
    """
    is_kept = np.zeros(len(order), np.bool_)
    reserved = 0
    for bit in of_groups:
        found = 0
        for at in range(len(order)):
            if found == members:
                break
            if groups[order[at]] & bit:
                found += 1
                reserved += not is_kept[at]
                is_kept[at] = True
    for at in range(len(order)):
        if reserved < count and not is_kept[at]:
            reserved += 1
            is_kept[at] = True
    places = np.empty_like(order)
    kept, other = 0, reserved
    for at in range(len(order)):
        if is_kept[at]:
            places[kept] = order[at]
            kept += 1
        else:
            places[other] = order[at]
            other += 1
    return places


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
