"""Worlds shared by the simulator's tests; making one is cheap, but not free."""

from functools import cache

from simulator import World, WorldSettings, simulate

TINY = WorldSettings(viewer_count=60, item_count=200, day_count=3)
SMALL = WorldSettings(viewer_count=600, item_count=2_000, day_count=10)


@cache
def a_small_world() -> World:
    """Large enough for statistics: about 40,000 impressions."""
    return simulate(SMALL)
