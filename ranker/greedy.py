"""The greedy choice of a list, compiled: seventy places times all rules in microseconds."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import types

from generation.compiled import (
    BOOLS,
    FLOAT32_ROWS,
    FLOAT32S,
    INT64,
    INT64S,
    compiled,
)
from ranker.rules import (
    AUTHOR_SPACING,
    CATEGORY_WINDOW,
    FRIENDS_LIKED_PLACE,
    IN_NETWORK_PLACE,
    ITEMS_PER_AUTHOR,
    NEW_CATEGORY,
    NO_GROUP,
    SENSITIVE_ON_TOP,
    charge_flagged,
    new_category_step,
    own_place_step,
    window_step,
)

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


class Limits(NamedTuple):
    """How far each rule goes; see `DiversitySettings`. A rule that is off has the value given.

    Attributes:
        social_every: 0 is off.
        min_categories: 0 is off.
        sensitive_free: 0 is off.
    """

    author_gap: int
    max_per_author: int
    category_window: int
    max_per_window: int
    min_categories: int
    opening_places: int
    social_every: int
    sensitive_free: int


LIMITS = types.NamedUniTuple(INT64, len(Limits._fields), Limits)


@compiled(INT64S, FLOAT32S, FLOAT32_ROWS, INT64S, INT64S, BOOLS, BOOLS, BOOLS, LIMITS, INT64)
def choose(
    worth: Floats,
    likeness: Floats,
    authors: Rows,
    categories: Rows,
    is_sensitive: Flags,
    in_network: Flags,
    friends_liked: Flags,
    limits: Limits,
    count: int,
) -> Rows:
    """Rows of the list, in order: at each place the highest worth less likeness less costs.

    Args:
        worth: `float32[n]`, best first, so that a tie goes to the better.
        likeness: `float32[n, n]`, what it costs a row that another is listed.
        authors, categories: `int64[n]`, groups (`groups_of`).
    """
    size = len(worth)
    costs, closest = np.zeros(size, np.float32), np.zeros(size, np.float32)
    spaced, listed, windowed = (
        np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(size, np.int64),
    )  # fmt: skip
    chosen = np.empty(count, np.int64)
    is_taken = np.zeros(size, np.bool_)
    followed_every = limits.social_every if in_network.any() else 0
    liked_every = limits.social_every if friends_liked.any() else 0
    without_followed, without_liked = 0, 0
    missing = limits.min_categories
    is_old = categories == NO_GROUP
    if missing:
        charge_flagged(costs, is_old, True, NEW_CATEGORY)
    if limits.sensitive_free:
        charge_flagged(costs, is_sensitive, True, SENSITIVE_ON_TOP)
    for place in range(count):
        row, best = -1, np.float32(-np.inf)
        for other in range(size):
            score = worth[other] - closest[other] - costs[other]
            if score > best and not is_taken[other]:
                row, best = other, score
        chosen[place] = row
        is_taken[row] = True
        for other in range(size):
            closest[other] = max(closest[other], likeness[row, other])
        window_step(
            costs, categories, windowed, chosen, place,
            limits.category_window, limits.max_per_window, CATEGORY_WINDOW,
        )  # fmt: skip
        window_step(costs, authors, spaced, chosen, place, limits.author_gap + 1, 1, AUTHOR_SPACING)
        window_step(
            costs, authors, listed, chosen, place, size + 1, limits.max_per_author, ITEMS_PER_AUTHOR
        )
        missing = new_category_step(
            costs, categories, is_old, missing, row, limits.opening_places - place
        )
        if place + 1 == limits.sensitive_free:
            charge_flagged(costs, is_sensitive, True, -SENSITIVE_ON_TOP)
        if followed_every > 1:
            without_followed = own_place_step(
                costs, in_network, without_followed, row, followed_every, IN_NETWORK_PLACE
            )
        if liked_every > 1:
            without_liked = own_place_step(
                costs, friends_liked, without_liked, row, liked_every, FRIENDS_LIKED_PLACE
            )
    return chosen
