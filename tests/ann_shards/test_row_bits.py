"""Packed sets of rows do what a set of numbers does."""

import numpy as np
import pytest

from ann_shards import row_bits

COUNT = 50_003


def rows_in(bits: np.ndarray) -> list[int]:
    return np.flatnonzero(np.unpackbits(bits, bitorder="little")).tolist()


def test_rows_are_set_and_cleared_whatever_their_order_and_repeats():
    bits = row_bits.pack(np.zeros(20, bool))
    for row in (9, 3, 3, 8, 19):
        row_bits.set_row(bits, row)
    row_bits.clear_rows(bits, np.array([8, 8, 1]))
    assert rows_in(bits) == [3, 9, 19]


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 130])
def test_packed_rows_fill_whole_words_and_nothing_past_the_end_is_set(count):
    bits = row_bits.pack(np.ones(count, bool))
    assert len(bits.view(np.uint64)) == -(-count // 64)
    assert rows_in(bits) == list(range(count))


def test_no_rows_change_nothing():
    bits = row_bits.pack(np.ones(5, bool))
    row_bits.clear_rows(bits, np.empty(0, np.int64))
    assert rows_in(bits) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("first", [0, 1, 7, 8, 9, 19, 20, 24, 1_000])
def test_clear_before_keeps_the_first_row_and_later_ones(first):
    bits = row_bits.pack(np.ones(20, bool))
    row_bits.clear_before(bits, first)
    assert rows_in(bits) == list(range(first, 20))


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 1.0])
@pytest.mark.parametrize("wanted", [1, 40, 60_000])
def test_last_rows_are_the_largest_of_the_set_largest_first(share, wanted):
    flags = np.random.default_rng(7).random(COUNT) < share
    found = row_bits.last_rows(row_bits.pack(flags), wanted)
    assert found.tolist() == np.flatnonzero(flags)[::-1][:wanted].tolist()
