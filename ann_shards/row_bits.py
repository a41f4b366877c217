"""Sets of rows as packed bits, least significant first: what Faiss takes as a selector."""

import numpy as np
import numpy.typing as npt

from generation.compiled import INT64, INT64S, NOTHING, UINT8S, compiled, step

Bits = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]

WORD_BYTES = 8


def pack(flags: npt.NDArray[np.bool_]) -> Bits:
    """Whole words of 8 bytes that hold `bool[n]`; bits past the end are 0."""
    bits = np.zeros(-(-len(flags) // (8 * WORD_BYTES)) * WORD_BYTES, np.uint8)
    packed = np.packbits(flags, bitorder="little")
    bits[: len(packed)] = packed
    return bits


@step
def set_row(bits: Bits, row: int) -> None:
    """Put one row into the set, in place."""
    bits[row >> 3] |= np.uint8(1 << (row & 7))


@compiled(NOTHING, UINT8S, INT64S)
def clear_rows(bits: Bits, rows: Rows) -> None:
    """Take rows out of the set, in place; repeats are harmless, negative rows are none."""
    for row in rows:
        if row >= 0:
            bits[row >> 3] &= ~np.uint8(1 << (row & 7))


@compiled(NOTHING, UINT8S, INT64)
def clear_before(bits: Bits, first_row: int) -> None:
    """Take every row below `first_row` out of the set, in place."""
    whole = min(first_row >> 3, len(bits))
    bits[:whole] = 0
    if whole < len(bits):
        bits[whole] &= np.uint8((0xFF << (first_row & 7)) & 0xFF)


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
