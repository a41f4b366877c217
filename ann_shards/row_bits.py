"""Sets of rows as packed bits, least significant first: what Faiss takes as a selector."""

import numpy as np
import numpy.typing as npt

from generation.compiled import (
    INT64,
    INT64S,
    UINT8S,
    compiled,
)

Bits = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]


def pack(flags: npt.NDArray[np.bool_]) -> Bits:
    """`uint8[ceil(n / 8)]` of `bool[n]`; bits past the end are 0."""
    return np.packbits(flags, bitorder="little")


def contains(bits: Bits, rows: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """Whether each row is in the set."""
    return np.asarray((bits[rows >> 3] >> (rows & 7).astype(np.uint8)) & 1, bool)


def clear_rows(bits: Bits, rows: npt.NDArray[np.integer]) -> None:
    """Take rows out of the set, in place; repeats are harmless."""
    at, masks = _byte_masks(rows)
    bits[at] &= ~masks


def set_rows(bits: Bits, rows: npt.NDArray[np.integer]) -> None:
    """Put rows into the set, in place; repeats are harmless."""
    at, masks = _byte_masks(rows)
    bits[at] |= masks


def clear_before(bits: Bits, first_row: int) -> None:
    """Take every row below `first_row` out of the set, in place."""
    whole, rest = divmod(first_row, 8)
    bits[:whole] = 0
    if rest and whole < len(bits):
        bits[whole] &= (0xFF << rest) & 0xFF


def count_rows(bits: Bits) -> int:
    return int(np.bitwise_count(bits).sum(dtype=np.int64))


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


def _byte_masks(rows: npt.NDArray[np.integer]) -> tuple[npt.NDArray[np.integer], Bits]:
    """The distinct bytes that `rows` lie in, and the bits to change in each."""
    if len(rows) == 0:
        return rows, np.empty(0, np.uint8)
    ordered = np.sort(rows)
    at = ordered >> 3
    first = np.flatnonzero(np.diff(at, prepend=-1))
    masks = np.left_shift(np.uint8(1), (ordered & 7).astype(np.uint8))
    return at[first], np.bitwise_or.reduceat(masks, first)
