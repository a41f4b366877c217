"""Counters of items since the generation's data time, as the aggregator tells them."""

import numpy as np
import numpy.typing as npt

from generation.counters import COUNTED, COUNTER_COLUMNS, HORIZONS

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

WIDTH = len(COUNTER_COLUMNS)
HALF_LIFE_OF_HORIZON_MS = np.array([h.half_life_ms or np.inf for h in HORIZONS])
MAX_HALVINGS_BACK = 60
"""Requests of a time before the counters undo so much of their ageing at most."""
WEEK_HALF_LIFE_MS = next(h.half_life_ms for h in HORIZONS if h.name == "week")
POPULARITY = np.isin(COUNTER_COLUMNS, ["clicks_week", "likes_week", "long_views_week"])
"""What counts as popularity among live counters: recent positives, as in the popular lists."""

MOST_POPULAR = 1_000
"""Items popular by live counters that are looked at beside the popular lists of the generation."""


class LiveCounters:
    """Sparse: only items that somebody acted on take memory.

    Attributes:
        item_ids: `int64[n]`, ascending.
        slots: `int64[n]`, where each item's values are.
        positives: `float64[slots]`, recent positives; times `positives_factor` they are of now.
    """

    def __init__(self) -> None:
        self.item_ids = np.empty(0, np.int64)
        self.slots = np.empty(0, np.int64)
        self.positives = np.empty(0, np.float64)
        self._positives_as_of_ms: int | None = None
        self._values = np.empty((0, WIDTH), np.float32)
        self._as_of_ms = np.empty(0, np.int64)
        self._most_popular: Ids | None = None

    def __len__(self) -> int:
        return len(self.item_ids)

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
        halvings = (self._common_time_ms(int(as_of_ms.max())) - as_of_ms) / WEEK_HALF_LIFE_MS
        self.positives[slots] = values[:, POPULARITY].sum(axis=1) * np.exp2(-halvings)
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

    def positives_factor(self, now_ms: int) -> float:
        """What `positives` are to be multiplied with: one half-life ages all of them alike."""
        if self._positives_as_of_ms is None:
            return 1.0
        halvings = (now_ms - self._positives_as_of_ms) / WEEK_HALF_LIFE_MS
        return float(np.exp2(-max(halvings, -MAX_HALVINGS_BACK)))

    def most_popular(self) -> Ids:
        """Ids of the `MOST_POPULAR` items with most recent positives, in no order.

        Counts of one half-life keep their order as they age, so this holds until the next `put`.
        """
        if self._most_popular is None:
            self._most_popular = self._find_most_popular()
        return self._most_popular

    def _common_time_ms(self, latest_ms: int) -> int:
        """What all `positives` are as of: moved on by much, lest what is later grow without end."""
        common_ms = self._positives_as_of_ms
        if common_ms is None:
            common_ms = latest_ms
        elif latest_ms - common_ms > WEEK_HALF_LIFE_MS:
            self.positives *= np.exp2((common_ms - latest_ms) / WEEK_HALF_LIFE_MS)
            common_ms = latest_ms
        self._positives_as_of_ms = common_ms
        return common_ms

    def _find_most_popular(self) -> Ids:
        size = len(self)
        if size <= MOST_POPULAR:
            return self.item_ids
        best_slots = np.argpartition(-self.positives[:size], MOST_POPULAR)[:MOST_POPULAR]
        return self.item_ids[np.isin(self.slots, best_slots)]

    def _find(self, item_ids: Ids) -> Ids:
        if not len(self):
            return np.full(len(item_ids), -1, np.int64)
        at = np.minimum(np.searchsorted(self.item_ids, item_ids), len(self) - 1)
        return np.where(self.item_ids[at] == item_ids, self.slots[at], -1)

    def _insert(self, new_ids: Ids, new_slots: Ids) -> None:
        at = np.searchsorted(self.item_ids, new_ids)
        self.item_ids = np.insert(self.item_ids, at, new_ids)
        self.slots = np.insert(self.slots, at, new_slots)
        if len(self) > len(self._values):
            size = max(64, 2 * len(self))
            grown = np.zeros((size, WIDTH), np.float32)
            grown[: len(self._values)] = self._values
            as_of_ms = np.zeros(size, np.int64)
            as_of_ms[: len(self._as_of_ms)] = self._as_of_ms
            positives = np.zeros(size, np.float64)
            positives[: len(self.positives)] = self.positives
            self._values, self._as_of_ms, self.positives = grown, as_of_ms, positives


def _ageing(elapsed_ms: npt.NDArray[np.int64]) -> Floats:
    """Factors of all counters after each of the times: `float32[n, 15]`."""
    halvings = np.maximum(elapsed_ms, 0)[:, None] / HALF_LIFE_OF_HORIZON_MS
    return np.repeat(np.exp2(-halvings).astype(np.float32), len(COUNTED), axis=1)
