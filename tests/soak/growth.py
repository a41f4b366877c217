"""Tells growth from noise: robust slopes of what processes use, judged over the second half."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MIN_SAMPLES = 12
"""Of a life of a process, in the second half of the run; shorter lives are not judged."""
MAX_PAIRS_OF = 400
"""Samples taken into account, evenly spread: there are half as many pairs as their square."""


@dataclass(frozen=True, slots=True)
class Bound:
    """How much a process may seem to grow over the time looked at.

    Attributes:
        unit: Of `absolute`, and how many of what is sampled it is.
        share: Of the median, where that is more than `absolute`.
    """

    unit: str
    scale: float
    absolute: float
    share: float


BOUNDS = {
    "anonymous_bytes": Bound("MiB", 2**20, 16 * 2**20, 0.05),
    "descriptors": Bound("", 1, 8, 0.05),
    "threads": Bound("", 1, 4, 0.05),
    "tasks": Bound("", 1, 16, 0.05),
}
"""Memory: what an allocator keeps swings by some MiB; caches that fill are bounded by the share."""


@dataclass(frozen=True, slots=True)
class Growth:
    """One quantity of one life of a process.

    Attributes:
        grown: By how much over the time looked at, by the robust slope; negative when it fell.
        allowed: More is growth.
    """

    process: str
    quantity: str
    median: float
    grown: float
    allowed: float

    @property
    def is_too_much(self) -> bool:
        return self.grown > self.allowed

    def __str__(self) -> str:
        bound = BOUNDS[self.quantity]
        median, grown, allowed = (
            value / bound.scale for value in (self.median, self.grown, self.allowed)
        )
        words = f"{self.process} {self.quantity}: {median:.0f} {bound.unit}"
        return f"{words}, grew by {grown:.1f}, {allowed:.1f} allowed"


def growth_of(
    process: str, quantity: str, at_s: Sequence[float], values: Sequence[float]
) -> Growth:
    """Of samples of one life. A slope is the median of those of all pairs (Theil and Sen), so that
    a third of the samples may be anything."""
    step = -(-len(at_s) // MAX_PAIRS_OF)
    times, found = np.array(at_s, float)[::step], np.array(values, float)[::step]
    first, second = np.triu_indices(len(times), 1)
    slope = float(np.median((found[second] - found[first]) / (times[second] - times[first])))
    median, bound = float(np.median(found)), BOUNDS[quantity]
    allowed = max(bound.absolute, bound.share * median)
    return Growth(process, quantity, median, slope * float(times[-1] - times[0]), allowed)
