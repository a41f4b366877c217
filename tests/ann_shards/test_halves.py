"""Numbers are rounded to 16 bits as numpy rounds them."""

import numpy as np

from ann_shards.halves import round_to_halves

EVERY_HALF = np.arange(0x7C01, dtype=np.uint16).view(np.float16).astype(np.float32)


def halves_of(values: np.ndarray) -> np.ndarray:
    rows = values.astype(np.float32).reshape(1, -1)
    halves = np.empty(rows.shape, np.uint16)
    round_to_halves(rows, halves)
    return halves.view(np.float16)[0]


def test_every_half_stays_what_it_is():
    np.testing.assert_array_equal(halves_of(EVERY_HALF), EVERY_HALF)


def test_what_lies_between_is_rounded_as_numpy_does_and_ties_to_even():
    between = np.arange(0, 0x477FE000, 499, dtype=np.uint32).view(np.float32)
    ties = (EVERY_HALF[1:-1] + EVERY_HALF[:-2]) / 2
    for values in (between, ties):
        np.testing.assert_array_equal(halves_of(values), values.astype(np.float16))


def test_what_no_half_can_hold_is_infinite():
    assert np.isposinf(halves_of(np.array([65_520, 1e9, np.inf, np.nan]))).all()
