"""float16 as compiled loops read it: its 16 bits as `uint16`, for numba knows no such number."""

from typing import Any

import numpy as np

from generation.compiled import step

Bits = Any
"""In a loop `uint16`; type checkers see the `float16` that the array holds elsewhere."""

REBIAS = np.float32(2.0**112)
"""Between the exponents of a float32 and of a float16 whose bits stand in the same places."""


@step
def single(bits: Bits) -> np.float32:
    """The finite float16 of these bits, as a float32."""
    sign, rest = np.int32(bits) & 0x8000, np.int32(bits) & 0x7FFF
    return np.int32(sign << 16 | rest << 13).view(np.float32) * REBIAS
