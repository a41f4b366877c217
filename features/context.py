"""Features of the circumstances: when, where in the product and on what device."""

import numpy as np

from features.feature import Feature
from features.inputs import ContextInputs, Floats

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


def context_block(context: ContextInputs) -> Floats:
    """`float32[m, 12]` in the order of `FEATURES`."""
    block = np.zeros((len(context.now_ms), len(FEATURES)), np.float32)
    local_ms = context.now_ms + context.utc_offset_minutes * 60_000
    angle = (local_ms % DAY_MS) * (2 * np.pi / DAY_MS)
    block[:, 0] = np.sin(angle)
    block[:, 1] = np.cos(angle)
    block[:, 2] = (local_ms // DAY_MS + THURSDAY) % 7 >= 5
    block[:, 3 : 4 + SURFACES] = _indicators(context.surface, SURFACES)
    block[:, 4 + SURFACES :] = _indicators(context.device, DEVICES)
    return block


def _indicators(codes: np.ndarray, named: int) -> np.ndarray:
    """`[m, named + 1]`: one column per code 1…named, the last for all others."""
    return np.column_stack(
        [codes[:, None] == np.arange(1, named + 1), (codes < 1) | (codes > named)]
    )
