"""The greedy choice of a list, compiled: seventy places times all rules in microseconds."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from generation.compiled import FLOAT32S, FLOAT64, INT64, INT64S, compiled, fields, step
from ranker.listable import LISTABLE, Listable, directions, likeness
from ranker.rules import (
    AUTHOR_SPACING,
    CATEGORY_WINDOW,
    FRIENDS_LIKED_PLACE,
    IN_NETWORK_PLACE,
    ITEMS_PER_AUTHOR,
    NEW_CATEGORY,
    NO_CATEGORY,
    NO_GROUP,
    NOBODY,
    SENSITIVE_ON_TOP,
    charge_flagged,
    groups_of,
    new_category_step,
    own_place_step,
    window_step,
)
from serving.contracts.sources import SOURCE_BIT

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


LIMITS = fields(Limits, *[INT64] * len(Limits._fields))

IN_NETWORK = np.uint32(SOURCE_BIT["in_network"])
FRIENDS_LIKED = np.uint32(SOURCE_BIT["friends_liked"])


@step
def greedy(
    worth: Floats,
    units: Floats,
    authors: Rows,
    categories: Rows,
    is_sensitive: Flags,
    in_network: Flags,
    friends_liked: Flags,
    limits: Limits,
    count: int,
) -> Rows:
    """Rows in order: at each place the highest worth less likeness less costs.

    Args:
        units: `float32[n, dim]`; the product of two is what it costs one that the other is listed.
        authors, categories: `int64[n]`, groups (`groups_of`).
    """
    size = len(worth)
    costs, closest = np.zeros(size, np.float32), np.zeros(size, np.float32)
    compared = np.zeros(size, np.int64)
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
        row = next_row(worth, costs, closest, units, compared, is_taken, chosen, place)
        chosen[place] = row
        is_taken[row] = True
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


@step
def next_row(
    worth: Floats,
    costs: Floats,
    closest: Floats,
    units: Floats,
    compared: Rows,
    is_taken: Flags,
    chosen: Rows,
    place: int,
) -> int:
    """The row for `place`.

    Likeness to what is listed only grows, so who cannot win by what is known of theirs is not
    compared further.

    Args:
        closest: `float32[n]`, likeness to the most similar of the first `compared[row]` chosen.
    """
    best_row, best = -1, np.float32(-np.inf)
    for row in range(len(worth)):
        if is_taken[row] or worth[row] - closest[row] - costs[row] <= best:
            continue
        for earlier in range(compared[row], place):
            closest[row] = max(closest[row], likeness(units, chosen[earlier], row))
        compared[row] = place
        score = worth[row] - closest[row] - costs[row]
        if score > best:
            best_row, best = row, score
    return best_row


@step
def worth_of(values: Floats, is_sensitive: Flags, scale: float, penalty: float) -> Floats:
    """Values from 0 to `scale`, of sensitive ones less `penalty`.

    In float64: the span of two finite scores need not be a finite float32.
    """
    worth = np.empty(len(values), np.float32)
    for row in range(len(values)):
        lowest = np.float64(values[-1])
        span = np.float64(values[0]) - lowest
        share = np.float32((values[row] - lowest) / (span if span > 0 else 1.0))
        worth[row] = share * np.float32(scale)
        if is_sensitive[row]:
            worth[row] -= np.float32(penalty)
    return worth


@compiled(INT64S, FLOAT32S, INT64S, LISTABLE, LIMITS, FLOAT64, FLOAT64, INT64)
def choose(
    values: Floats,
    rows: Rows,
    listable: Listable,
    limits: Limits,
    sensitive_penalty: float,
    likeness_weight: float,
    count: int,
) -> Rows:
    """Places in `rows` of the list, in order, at most `count`.

    Args:
        values: `float32[n]`, best first, so that a tie goes to the better.
        rows: `int64[n]`, rows of `listable`.
    """
    authors = groups_of(listable.author_ids, rows, NOBODY)
    categories = groups_of(listable.categories[:, 0], rows, NO_CATEGORY)
    is_sensitive = listable.is_sensitive[rows] > 0
    in_network = listable.source_bits[rows] & IN_NETWORK > 0
    friends_liked = listable.source_bits[rows] & FRIENDS_LIKED > 0
    span = 1 + sensitive_penalty + likeness_weight
    worth = worth_of(values, is_sensitive, 1 / span, sensitive_penalty / span)
    units = directions(listable.vectors, rows, np.float32(np.sqrt(likeness_weight / span)))
    return greedy(
        worth, units, authors, categories, is_sensitive, in_network, friends_liked, limits,
        min(count, len(rows)),
    )  # fmt: skip
