"""Loops read a float16 from its bits as numpy does from the number."""

import numpy as np

from features.counted_halves import COUNT_OF_HALF, Floats
from generation.compiled import FLOAT32S, NOTHING, UINT16S, compiled
from generation.half import single

BITS = np.arange(1 << 16, dtype=np.uint16)
HALVES = BITS.view(np.float16)
FINITE = np.isfinite(HALVES)


@compiled(NOTHING, UINT16S, FLOAT32S)
def read(bits: np.ndarray, into: Floats) -> None:
    for at in range(len(bits)):
        into[at] = single(bits[at])


def test_every_finite_half_is_the_number_it_means() -> None:
    found = np.empty(len(BITS), np.float32)
    read(BITS, found)
    np.testing.assert_array_equal(found[FINITE], HALVES[FINITE].astype(np.float32))


def test_the_count_of_a_half_is_what_it_is_the_logarithm_of() -> None:
    positive = FINITE & (HALVES >= 0) & (HALVES <= 11)
    counts = COUNT_OF_HALF[positive].astype(np.float64)
    np.testing.assert_allclose(np.log1p(counts), HALVES[positive].astype(np.float64), atol=1e-5)
