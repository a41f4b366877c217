"""Sets of rows as packed bits, least significant first: what Faiss takes as a selector."""

import numpy as np
import numpy.typing as npt

from generation.compiled import (
    INT64,
    INT64S,
    MAPPED_INT32S,
    NOTHING,
    UINT8S,
    compiled,
)

Bits = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]


def pack(flags: npt.NDArray[np.bool_]) -> Bits:
    """`uint8[ceil(n / 8)]` of `bool[n]`; bits past the end are 0."""
    return np.packbits(flags, bitorder="little")


@compiled(NOTHING, UINT8S, INT64S)
def clear_rows(bits: Bits, rows: Rows) -> None:
    """Take rows out of the set, in place; repeats are harmless, negative rows are none."""
    for row in rows:
        if row >= 0:
            bits[row >> 3] &= ~np.uint8(1 << (row & 7))


@compiled(NOTHING, UINT8S, INT64S)
def set_rows(bits: Bits, rows: Rows) -> None:
    """Put rows into the set, in place; repeats are harmless, negative rows are none."""
    for row in rows:
        if row >= 0:
            bits[row >> 3] |= np.uint8(1 << (row & 7))


@compiled(NOTHING, UINT8S, MAPPED_INT32S, MAPPED_INT32S, INT64S)
def clear_lists(
    bits: Bits, offsets: npt.NDArray[np.int32], values: npt.NDArray[np.int32], places: Rows
) -> None:
    """Take all rows of some lists (`IdLists`) out of the set, in place."""
    for place in places:
        if place >= 0:
            for at in range(offsets[place], offsets[place + 1]):
                bits[values[at] >> 3] &= ~np.uint8(1 << (values[at] & 7))


def clear_before(bits: Bits, first_row: int) -> None:
    """Take every row below `first_row` out of the set, in place."""
    whole, rest = divmod(first_row, 8)
    bits[:whole] = 0
    if rest and whole < len(bits):
        bits[whole] &= (0xFF << rest) & 0xFF


@compiled(INT64S, UINT8S, INT64)
def last_rows(bits: Bits, wanted: int) -> Rows:
    """The `wanted` largest rows of a set of bits, largest first; reads no more than it needs."""
    rows = np.empty(min(wanted, 8 * len(bits)), np.int64)
    count = 0
    for byte in range(len(bits) - 1, -1, -1):
        if bits[byte] == 0:
            continue
        for bit in range(7, -1, -1):
            if (bits[byte] >> bit) & 1:
                if count == len(rows):
                    return rows
                rows[count] = 8 * byte + bit
                count += 1
    return rows[:count]
