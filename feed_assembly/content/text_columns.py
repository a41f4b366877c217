"""Reads a page's strings straight from the mapped file.

Arrow's own gathering costs some 50 µs per column before the first row, and a page reads few rows of
many columns.
"""

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]

OFFSET = np.dtype("<i4")
Number = TypeVar("Number", np.int32, np.uint8)


class TextColumn:
    """A column of strings.

    Attributes:
        offsets: `int32[n + 1]`, where each begins in `text` and the last one ends; read-only.
        text: `uint8`, all of them, one after another; read-only.
    """

    def __init__(self, column: Any) -> None:
        """`column`: Arrow's, of type `string`; it must outlive this one."""
        _, offsets, text = column.buffers()
        self.offsets = _offsets(column, offsets)
        self.text = _read_only(np.frombuffer(text if text is not None else b"", np.uint8))
        self._text = self.text.data

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def at(self, rows: Ids) -> list[str]:
        """Strings at `rows`, all of them in `[0, len)`; a null reads as the empty string."""
        text = self._text
        spans = zip(self.offsets[rows].tolist(), self.offsets[rows + 1].tolist(), strict=True)
        return [str(text[start:end], "utf-8") for start, end in spans]


class TextListColumn:
    """A column of lists of strings.

    Attributes:
        offsets: `int32[n + 1]`, where each begins in `texts` and the last one ends; read-only.
        texts: The strings of all lists, one after another.
    """

    def __init__(self, column: Any) -> None:
        """`column`: Arrow's, of type `list<string>`; it must outlive this one."""
        _, offsets, *_ = column.buffers()
        self.offsets = _offsets(column, offsets)
        self.texts = TextColumn(column.values)

    def at(self, rows: Ids) -> list[tuple[str, ...]]:
        """Lists at `rows`, all of them within the column."""
        starts, counts = self.offsets[rows], self.offsets[rows + 1] - self.offsets[rows]
        ends = np.cumsum(counts)
        within = np.arange(counts.sum()) + np.repeat(starts - (ends - counts), counts)
        texts = self.texts.at(within)
        spans = zip((ends - counts).tolist(), ends.tolist(), strict=True)
        return [tuple(texts[start:end]) for start, end in spans]


def _offsets(column: Any, buffer: Any) -> npt.NDArray[np.int32]:
    """Where each row begins and the last one ends: `int32[rows + 1]`."""
    if not len(column):
        return _read_only(np.zeros(1, OFFSET))
    first = column.offset * OFFSET.itemsize
    return _read_only(np.frombuffer(buffer, OFFSET, len(column) + 1, first))


def _read_only(array: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """As compiled loops are told it is."""
    array.flags.writeable = False
    return array
