"""Counters and popularity of a shard's items, summed over events in one pass."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from generation.counters import COUNTED, COUNTER_COLUMNS, HORIZONS
from spark_jobs.build_context import Facts
from spark_jobs.events import COUNTED_AS, IS_POSITIVE, is_own
from spark_jobs.part_files import numbers

Longs = npt.NDArray[np.int64]


class ItemSums:
    """Running sums by item, added one event after another so that batches do not change a bit.

    Positive actions at approximate times make an item popular and give it a vector, like those at
    known times; counters leave them out, as rates would lack the impressions behind them.
    """

    def __init__(self, rows: int, facts: Facts) -> None:
        self._facts = facts
        self._counters = np.zeros((rows, len(COUNTER_COLUMNS)))
        self._popularity = np.zeros(rows)
        self._positive_actions = np.zeros(rows)
        self._positive_viewers = np.zeros(rows, np.int64)
        self._last_positive = (-1, -1)

    def add(self, events: pa.Table, rows: Longs) -> None:
        """Add `EVENT_SCHEMA` rows; `rows[i]` is the shard's row of event i's item."""
        viewer_id = numbers(events, "viewer_id", "i8")
        action = numbers(events, "action", "i4")
        age_ms = np.maximum(self._facts.data_time_ms - numbers(events, "occurred_ms", "i8"), 0)
        author_id = numbers(events, "author_id", "i8")
        others = ~is_own(viewer_id, author_id, self._facts.authors_are_viewers)
        liked = others & IS_POSITIVE[action]
        weight = decayed(age_ms[liked], self._facts.popularity_half_life_ms)
        np.add.at(self._popularity, rows[liked], weight)
        self._count_viewers(viewer_id[liked], rows[liked])
        counted = others & ~events["is_approximate"].to_numpy()
        np.add.at(self._positive_actions, rows[counted & liked], 1)
        action, age_ms, rows = (x[counted] for x in (action, age_ms, rows))
        for number, horizon in enumerate(HORIZONS):
            cells = (rows, number * len(COUNTED) + COUNTED_AS[action])
            np.add.at(self._counters, cells, decayed(age_ms, horizon.half_life_ms))

    def _count_viewers(self, viewer_id: Longs, rows: Longs) -> None:
        """Events come by (item, viewer): a pair is new where it differs from the one before."""
        if not len(rows):
            return
        is_new = np.ones(len(rows), bool)
        is_new[1:] = (np.diff(rows) != 0) | (np.diff(viewer_id) != 0)
        is_new[0] = self._last_positive != (rows[0], viewer_id[0])
        self._last_positive = (int(rows[-1]), int(viewer_id[-1]))
        np.add.at(self._positive_viewers, rows[is_new], 1)

    def columns(self, item_id: Longs) -> dict[str, npt.NDArray[Any]]:
        return {
            "item_id": item_id,
            "counters": self._counters.astype(np.float32),
            "popularity": self._popularity.astype(np.float32),
            "impressions": self._counters[:, 0].astype(np.float32),
            "positive_actions": self._positive_actions.astype(np.float32),
            "positive_viewers": self._positive_viewers,
        }


def decayed(age_ms: Longs, half_life_ms: int) -> npt.NDArray[np.float64]:
    """What an event of this age still counts: `2 ** -(age / half_life)`, 1 without a half-life."""
    return np.exp2(-age_ms / half_life_ms) if half_life_ms else np.ones(len(age_ms))
