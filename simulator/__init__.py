"""A closed-loop social world with known tastes: demo data, load, and a judge of rankings."""

from simulator.canonical_folder import write_world
from simulator.settings import WorldSettings
from simulator.world import World, simulate

__all__ = ["World", "WorldSettings", "simulate", "write_world"]
