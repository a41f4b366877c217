"""The rules of a list, as what the next place costs a candidate that would break one.

Scores span at most 1, each rule costs more than all before it together: a candidate that breaks a
rule comes after all that keep it, and where nobody keeps them all the cheapest is broken. So a list
is as long as there are candidates. Costs are powers of two, so that taking one back is exact.

Each rule is a step of the compiled loop in `greedy.py`: when a row takes a place, it brings
`costs`, `float32[n]`, up to date for the next one.
"""

import numpy as np
import numpy.typing as npt

from generation.compiled import step

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

FRIENDS_LIKED_PLACE = np.float32(2)
IN_NETWORK_PLACE = np.float32(4)
CATEGORY_WINDOW = np.float32(8)
AUTHOR_SPACING = np.float32(16)
NEW_CATEGORY = np.float32(32)
ITEMS_PER_AUTHOR = np.float32(64)
SENSITIVE_ON_TOP = np.float32(128)

NOBODY = -1
"""As author: none, never spaced."""
NO_CATEGORY = 0
NO_GROUP = -1
"""As group: held back by no rule."""


@step
def groups_of(values: npt.NDArray[np.integer], rows: Rows, exempt: int) -> Rows:
    """Equal values as equal small numbers, in order of appearance; `NO_GROUP` for `exempt` ones.

    Args:
        values: Of all candidates; `rows` are those that may be listed.
    """
    groups = np.full(len(rows), NO_GROUP, np.int64)
    first_of = np.empty(len(rows), np.int64)
    count = 0
    for at in range(len(rows)):
        value = values[rows[at]]
        if value == exempt:
            continue
        group = 0
        while group < count and first_of[group] != value:
            group += 1
        if group == count:
            first_of[count] = value
            count += 1
        groups[at] = group
    return groups


@step
def charge_group(costs: Floats, groups: Rows, group: int, cost: np.float32) -> None:
    for row in range(len(costs)):
        if groups[row] == group:
            costs[row] += cost


@step
def charge_flagged(costs: Floats, flags: Flags, flag: bool, cost: np.float32) -> None:
    for row in range(len(costs)):
        if flags[row] == flag:
            costs[row] += cost


@step
def window_step(
    costs: Floats,
    groups: Rows,
    counts: Rows,
    chosen: Rows,
    place: int,
    window: int,
    most: int,
    cost: np.float32,
) -> None:
    """Among any `window` neighbours, at most `most` of one group.

    Args:
        counts: Per group, how many of it are among the last `window - 1` places.
        chosen: Rows listed so far, the last at `place`.
    """
    group = groups[chosen[place]]
    if group != NO_GROUP:
        counts[group] += 1
        if counts[group] == most:
            charge_group(costs, groups, group, cost)
    if place + 1 < window:
        return
    leaving = groups[chosen[place + 1 - window]]
    if leaving != NO_GROUP:
        counts[leaving] -= 1
        if counts[leaving] == most - 1:
            charge_group(costs, groups, leaving, -cost)


@step
def own_place_step(
    costs: Floats, is_member: Flags, places_without: int, row: int, every: int, cost: np.float32
) -> int:
    """Of any `every` neighbours at least one is a member, while there are any left.

    Returns:
        How many places in a row now went to others. Once due, a member stays due until one comes;
        with none left all are charged alike.
    """
    if is_member[row]:
        if places_without >= every - 1:
            charge_flagged(costs, is_member, False, -cost)
        return 0
    if places_without + 1 == every - 1:
        charge_flagged(costs, is_member, False, cost)
    return places_without + 1


@step
def new_category_step(
    costs: Floats, categories: Rows, is_old: Flags, missing: int, row: int, places_left: int
) -> int:
    """Until no category is `missing`, each of the first places brings another one.

    Args:
        categories: Groups; rows without a category bring none.
        is_old: Rows that bring no new category; they are charged.
        places_left: This one included.

    Returns:
        How many categories are missing now.
    """
    if missing == 0 or places_left <= 0:
        return 0
    if not is_old[row]:
        missing -= 1
        for other in range(len(costs)):
            if categories[other] == categories[row]:
                is_old[other] = True
                costs[other] += NEW_CATEGORY
    if missing == 0 or places_left == 1:
        charge_flagged(costs, is_old, True, -NEW_CATEGORY)
        return 0
    return missing
