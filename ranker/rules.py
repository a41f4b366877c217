"""The rules of a list, as what the next place costs a candidate that would break one.

Scores span at most 1, each rule costs more than all before it together: a candidate that breaks a
rule comes after all that keep it, and where nobody keeps them all the cheapest is broken. So a list
is as long as there are candidates. Costs are powers of two, so that taking one back is exact.
"""

from collections import Counter, defaultdict
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

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


class Rule(Protocol):
    def picked(self, row: int, costs: Floats) -> None:
        """Row `row` takes a place: bring `costs`, `float32[n]`, up to date for the next one."""
        ...


class WindowRule:
    """Among any `window` neighbours, at most `most` of one group."""

    def __init__(
        self, groups: npt.NDArray[np.integer], exempt: int, window: int, most: int, cost: np.float32
    ) -> None:
        """`groups`: `[n]`, the group of each row; rows of group `exempt` are never held back."""
        self._groups = groups
        self._window, self._most, self._cost = window, most, cost
        of_row = groups.tolist()
        sizes = Counter(of_row)
        sizes[exempt] = 0
        # Most authors have one candidate: nothing of theirs is ever held back.
        self._group_of = [group if sizes[group] > most else None for group in of_row]
        self._listed: list[int | None] = []
        self._counts: defaultdict[int, int] = defaultdict(int)
        self._charges: dict[int, Floats] = {}

    def picked(self, row: int, costs: Floats) -> None:
        group = self._group_of[row]
        self._listed.append(group)
        if group is not None:
            self._counts[group] += 1
            if self._counts[group] == self._most:
                np.add(costs, self._charge(group), out=costs)
        leaving_at = len(self._listed) - self._window
        leaving = self._listed[leaving_at] if leaving_at >= 0 else None
        if leaving is not None:
            self._counts[leaving] -= 1
            if self._counts[leaving] == self._most - 1:
                np.subtract(costs, self._charge(leaving), out=costs)

    def _charge(self, group: int) -> Floats:
        charge = self._charges.get(group)
        if charge is None:
            charge = self._charges[group] = (self._groups == group) * self._cost
        return charge


class OwnPlaceRule:
    """Of any `every` neighbours at least one is a member, while there are any left."""

    def __init__(self, is_member: npt.NDArray[np.bool_], every: int, cost: np.float32) -> None:
        self._is_member = is_member
        self._charge = ~is_member * cost
        self._every = every
        self._places_without = 0

    def picked(self, row: int, costs: Floats) -> None:
        if self._is_member[row]:
            if self._places_without >= self._every - 1:
                np.subtract(costs, self._charge, out=costs)
            self._places_without = 0
            return
        # Once due it stays so until a member comes; with none left all are charged alike.
        self._places_without += 1
        if self._places_without == self._every - 1:
            np.add(costs, self._charge, out=costs)


class NewCategoryRule:
    """Until `wanted` categories are listed, each of the first `places` brings another one."""

    def __init__(
        self, categories: npt.NDArray[np.int32], wanted: int, places: int, costs: Floats
    ) -> None:
        self._categories = categories
        self._missing, self._places_left = wanted, places
        self._is_old = categories == NO_CATEGORY
        np.add(costs, self._is_old * NEW_CATEGORY, out=costs)

    def picked(self, row: int, costs: Floats) -> None:
        if self._places_left == 0:
            return
        self._places_left -= 1
        if not self._is_old[row]:
            same = self._categories == self._categories[row]
            self._is_old |= same
            self._missing -= 1
            np.add(costs, same * NEW_CATEGORY, out=costs)
        if self._missing == 0 or self._places_left == 0:
            self._places_left = 0
            np.subtract(costs, self._is_old * NEW_CATEGORY, out=costs)


class SensitiveRule:
    """None of the first `places` goes to a sensitive item."""

    def __init__(self, is_sensitive: npt.NDArray[np.bool_], places: int, costs: Floats) -> None:
        self._charge = is_sensitive * SENSITIVE_ON_TOP
        self._places_left = places
        np.add(costs, self._charge, out=costs)

    def picked(self, _row: int, costs: Floats) -> None:
        self._places_left -= 1
        if self._places_left == 0:
            np.subtract(costs, self._charge, out=costs)
