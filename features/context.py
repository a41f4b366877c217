"""Features of the circumstances: when, where in the product and on what device."""

import numpy as np

from features.feature import Feature
from features.inputs import ContextInputs, Floats
from generation.compiled import step

SURFACES = 4
DEVICES = 3
"""The first surfaces and devices of the vocabulary have an indicator each; the rest share one.

`device_other` is the one feature that is constant in every data set we have: the simulated world
names three devices and the published sets none. It is there for products with more.
"""

FEATURES = (
    Feature("hour_sine", 0, "request", "sine of the local time of day"),
    Feature("hour_cosine", 0, "request", "cosine of the local time of day"),
    Feature("is_weekend", 0, "request", "1 on Saturday and Sunday"),
    *(
        Feature(f"surface_{i}", 0, "request", f"1 on surface {i} of the vocabulary")
        for i in range(1, SURFACES + 1)
    ),
    Feature("surface_other", 0, "request", "1 on any other surface, unknown ones included"),
    *(
        Feature(f"device_{i}", 0, "request", f"1 on device {i} of the vocabulary")
        for i in range(1, DEVICES + 1)
    ),
    Feature("device_other", 0, "request", "1 on any other device, unknown ones included"),
)

DAY_MS = 86_400_000
THURSDAY = 3
"""Weekday of 1 January 1970, Monday being 0."""


@step
def fill_context(matrix: Floats, at: int, context: ContextInputs) -> None:
    """Fill columns `at` to `at + 12` in the order of `FEATURES`, in the first `m` rows."""
    for row in range(len(context.now_ms)):
        out = matrix[row, at:]
        local_ms = context.now_ms[row] + context.utc_offset_minutes[row] * 60_000
        angle = (local_ms % DAY_MS) * (2 * np.pi / DAY_MS)
        out[0] = np.sin(angle)
        out[1] = np.cos(angle)
        out[2] = (local_ms // DAY_MS + THURSDAY) % 7 >= 5
        fill_indicators(out[3:], SURFACES, context.surface[row])
        fill_indicators(out[4 + SURFACES :], DEVICES, context.device[row])


@step
def fill_indicators(out: Floats, named: int, code: int) -> None:
    """A 1 in the place of each code 1…named, the last for all others."""
    out[: named + 1] = 0
    out[code - 1 if 1 <= code <= named else named] = 1
