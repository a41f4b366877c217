"""Counters of items since the generation's data time, as the aggregator tells them."""

import numpy as np
import numpy.typing as npt

from generation.counters import COUNTED, COUNTER_COLUMNS, HORIZONS

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

WIDTH = len(COUNTER_COLUMNS)
HALF_LIFE_OF_HORIZON_MS = np.array([h.half_life_ms or np.inf for h in HORIZONS])
POPULARITY = np.isin(COUNTER_COLUMNS, ["clicks_week", "likes_week", "long_views_week"])
"""What counts as popularity among live counters: recent positives, as in the popular lists."""

MOST_POPULAR = 1_000
"""Items popular by live counters that are looked at beside the popular lists of the generation."""


class LiveCounters:
    """Sparse: only items that somebody acted on take memory. Keyed by item id, sorted."""

    def __init__(self) -> None:
        self._item_ids = np.empty(0, np.int64)
        self._slots = np.empty(0, np.int64)
        self._values = np.empty((0, WIDTH), np.float32)
        self._as_of_ms = np.empty(0, np.int64)
        self._most_popular: Ids | None = None

    def __len__(self) -> int:
        return len(self._item_ids)

    def put(self, item_ids: Ids, values: Floats, as_of_ms: Ids) -> None:
        """Set absolute values (`float32[n, 15]`, as of `as_of_ms`); of repeats the last counts."""
        ids, last = np.unique(item_ids[::-1], return_index=True)
        values, as_of_ms = values[::-1][last], as_of_ms[::-1][last]
        slots = self._find(ids)
        new = slots < 0
        slots[new] = np.arange(len(self), len(self) + new.sum())
        self._insert(ids[new], slots[new])
        self._values[slots] = values
        self._as_of_ms[slots] = as_of_ms
        self._most_popular = None

    def of(self, item_ids: Ids, now_ms: int) -> Floats:
        """Counters aged to now; zeros for items without. `float32[n, 15]`."""
        aged = np.zeros((len(item_ids), WIDTH), np.float32)
        slots = self._find(item_ids)
        known = np.flatnonzero(slots >= 0)
        if len(known):
            at = slots[known]
            aged[known] = self._values[at] * _ageing(now_ms - self._as_of_ms[at])
        return aged

    def popularity(self, item_ids: Ids, now_ms: int) -> Floats:
        """Recent positives of each item, aged to now. `float32[n]`."""
        if not len(self):
            return np.zeros(len(item_ids), np.float32)
        return np.asarray(self.of(item_ids, now_ms)[:, POPULARITY].sum(axis=1))

    def most_popular(self) -> Ids:
        """Ids of the `MOST_POPULAR` items with most recent positives, in no order.

        Counts of one half-life keep their order as they age, so this holds until the next `put`.
        """
        if self._most_popular is None:
            self._most_popular = self._find_most_popular()
        return self._most_popular

    def _find_most_popular(self) -> Ids:
        size = len(self)
        if size <= MOST_POPULAR:
            return self._item_ids
        as_of_ms = self._as_of_ms[:size]
        factors = _ageing(as_of_ms.max() - as_of_ms)[:, POPULARITY]
        positives = (self._values[:size, POPULARITY] * factors).sum(axis=1)
        best_slots = np.argpartition(-positives, MOST_POPULAR)[:MOST_POPULAR]
        return self._item_ids[np.isin(self._slots, best_slots)]

    def _find(self, item_ids: Ids) -> Ids:
        if not len(self):
            return np.full(len(item_ids), -1, np.int64)
        at = np.minimum(np.searchsorted(self._item_ids, item_ids), len(self) - 1)
        return np.where(self._item_ids[at] == item_ids, self._slots[at], -1)

    def _insert(self, new_ids: Ids, new_slots: Ids) -> None:
        at = np.searchsorted(self._item_ids, new_ids)
        self._item_ids = np.insert(self._item_ids, at, new_ids)
        self._slots = np.insert(self._slots, at, new_slots)
        if len(self) > len(self._values):
            size = max(64, 2 * len(self))
            grown = np.zeros((size, WIDTH), np.float32)
            grown[: len(self._values)] = self._values
            as_of_ms = np.zeros(size, np.int64)
            as_of_ms[: len(self._as_of_ms)] = self._as_of_ms
            self._values, self._as_of_ms = grown, as_of_ms


def _ageing(elapsed_ms: npt.NDArray[np.int64]) -> Floats:
    """Factors of all counters after each of the times: `float32[n, 15]`."""
    halvings = np.maximum(elapsed_ms, 0)[:, None] / HALF_LIFE_OF_HORIZON_MS
    return np.repeat(np.exp2(-halvings).astype(np.float32), len(COUNTED), axis=1)
