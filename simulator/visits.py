"""When viewers come, for how long, where and with which device."""

from dataclasses import dataclass

import numpy as np

from simulator.arrays import Floats, Ints
from simulator.people import People
from simulator.settings import DAY_MS, HOUR_MS, WorldSettings

HOUR_WEIGHTS: Floats = np.array(
    [2, 1, 1, 1, 1, 2, 4, 7, 8, 6, 5, 5, 7, 6, 5, 5, 6, 7, 9, 10, 11, 10, 7, 4], np.float64
)
"""Relative number of visits that begin in each hour, UTC."""
WEEKEND_LIFT = 1.25
MEAN_DEPTH, MAX_DEPTH = 15, 60
"""Items a viewer scrolls past in one visit."""
EXPLORE_SHARE = 0.2
MOBILE, DESKTOP, TABLET = 0, 1, 2
HOME, EXPLORE = 0, 1


@dataclass(frozen=True)
class Visits:
    """One row per visit: viewer index, beginning, how many items, surface and device codes."""

    viewer: Ints
    started_ms: Ints
    depth: Ints
    surface: Ints
    device: Ints

    def __len__(self) -> int:
        return len(self.viewer)


def make_visits(
    rng: np.random.Generator, settings: WorldSettings, people: People, day: int
) -> Visits:
    """Draw the visits of one day, by viewer index."""
    lift = WEEKEND_LIFT if day % 7 >= 5 else 1.0
    mean_count = settings.sessions_per_day * lift * people.activity
    viewer = np.repeat(np.arange(len(people)), rng.poisson(mean_count))
    hour = rng.choice(24, len(viewer), p=HOUR_WEIGHTS / HOUR_WEIGHTS.sum())
    started_ms = settings.start_ms + day * DAY_MS + hour * HOUR_MS
    started_ms = started_ms + rng.integers(HOUR_MS, size=len(viewer))
    is_mobile = rng.random(len(viewer)) < people.mobile_share[viewer]
    elsewhere = np.where(rng.random(len(viewer)) < 0.8, DESKTOP, TABLET)
    depth = np.minimum(2 + rng.geometric(1 / (MEAN_DEPTH - 2), len(viewer)), MAX_DEPTH)
    surface = np.where(rng.random(len(viewer)) < EXPLORE_SHARE, EXPLORE, HOME)
    has_joined = started_ms >= people.created_ms[viewer]
    return Visits(
        viewer=viewer[has_joined],
        started_ms=started_ms[has_joined],
        depth=depth[has_joined],
        surface=surface[has_joined],
        device=np.where(is_mobile, MOBILE, elsewhere)[has_joined],
    )
