"""Reads a page's strings straight from the mapped file.

Arrow's own gathering costs some 50 µs per column before the first row, and a page reads few rows of
many columns.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]

OFFSET = np.dtype("<i4")


class TextColumn:
    """A column of strings."""

    def __init__(self, column: Any) -> None:
        """`column`: Arrow's, of type `string`; it must outlive this one."""
        _, offsets, text = column.buffers()
        self._offsets = _offsets(column, offsets)
        self._text = memoryview(text) if text is not None else memoryview(b"")

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def at(self, rows: Ids) -> list[str]:
        """Strings at `rows`, all of them in `[0, len)`; a null reads as the empty string."""
        text = self._text
        spans = zip(self._offsets[rows].tolist(), self._offsets[rows + 1].tolist(), strict=True)
        return [str(text[start:end], "utf-8") for start, end in spans]


class TextListColumn:
    """A column of lists of strings."""

    def __init__(self, column: Any) -> None:
        """`column`: Arrow's, of type `list<string>`; it must outlive this one."""
        _, offsets, *_ = column.buffers()
        self._offsets = _offsets(column, offsets)
        self._texts = TextColumn(column.values)

    def at(self, rows: Ids) -> list[tuple[str, ...]]:
        """Lists at `rows`, all of them within the column."""
        starts, counts = self._offsets[rows], self._offsets[rows + 1] - self._offsets[rows]
        ends = np.cumsum(counts)
        within = np.arange(counts.sum()) + np.repeat(starts - (ends - counts), counts)
        texts = self._texts.at(within)
        spans = zip((ends - counts).tolist(), ends.tolist(), strict=True)
        return [tuple(texts[start:end]) for start, end in spans]


def _offsets(column: Any, buffer: Any) -> npt.NDArray[np.int32]:
    """Where each row begins and the last one ends: `int32[rows + 1]`."""
    if not len(column):
        return np.zeros(1, OFFSET)
    return np.frombuffer(buffer, OFFSET, len(column) + 1, column.offset * OFFSET.itemsize)
