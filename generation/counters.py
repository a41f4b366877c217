"""Item counters: which actions are counted, over which horizons, and how a count ages.

A counter is a sum of `2 ** -(age / half_life)` over events, so that it can be kept as one number
and aged to any later time by one factor; sums over disjoint sets of events add up. The batch part
(in `items.arrow`) and the live part (from the bus) therefore simply add.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

HOUR_MS = 3_600_000

COUNTED = ("impressions", "clicks", "likes", "long_views", "negatives")
"""What is counted. `negatives` are hides and reports; shares and comments count as likes too."""

COUNTED_ACTIONS = {
    "impression": "impressions",
    "click": "clicks",
    "like": "likes",
    "share": "likes",
    "comment": "likes",
    "long_view": "long_views",
    "hide": "negatives",
    "report": "negatives",
}


@dataclass(frozen=True, slots=True)
class Horizon:
    """How fast a counter forgets. `half_life_ms` 0 means never."""

    name: str
    half_life_ms: int


HORIZONS = (Horizon("total", 0), Horizon("week", 168 * HOUR_MS), Horizon("hour", HOUR_MS))

COUNTER_COLUMNS = tuple(f"{action}_{horizon.name}" for horizon in HORIZONS for action in COUNTED)
"""Order of the `counters` matrix: all actions of the first horizon, then of the second, ..."""

HALF_LIVES_MS = np.repeat([h.half_life_ms or np.inf for h in HORIZONS], len(COUNTED))


def ageing_factors(elapsed_ms: float) -> npt.NDArray[np.float32]:
    """Factor for each of `COUNTER_COLUMNS` after `elapsed_ms` (at least 0): `float32[15]`."""
    return np.exp2(max(elapsed_ms, 0.0) / -HALF_LIVES_MS).astype(np.float32)
