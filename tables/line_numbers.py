"""Tells which line of a text file each parsed row began on.

A parser numbers rows; people look for lines. They differ by the rows that the parser dropped
because of their width, and by line breaks inside quoted values.
"""

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from tables.raw_rows import Lines

HEADER_LINES = 1


@dataclass(frozen=True, slots=True)
class DroppedRow:
    """A row that the parser left out: its line, why, and how it begins."""

    line: int
    problem: str
    text: str


class LineNumbers:
    """Follows one file from its first row; rows count from 1, the header apart."""

    def __init__(self) -> None:
        self._ahead: dict[int, tuple[str, str, int]] = {}
        self._next_row = 1
        self._breaks_before = 0

    def on_wrong_width(self, row: pyarrow.csv.InvalidRow) -> Literal["skip"]:
        """Take note of a row that the parser cannot use, and tell it to go on."""
        problem = f"has {row.actual_columns} columns where the header has {row.expected_columns}"
        # Arrow numbers rows only when it parses in one thread, as it does here.
        number = cast(int, row.number)
        self._ahead[number] = (problem, row.text[:200], row.text.count("\n"))
        return "skip"

    def advance(self, batch: pa.RecordBatch) -> tuple[Lines, list[DroppedRow]]:
        """Lines of the batch's rows, `int64[n]`, and the dropped rows up to its end."""
        count = batch.num_rows
        span = np.arange(self._next_row, self._next_row + count + len(self._ahead))
        kept = span[~np.isin(span, list(self._ahead))][:count] if self._ahead else span
        end = int(kept[-1]) + 1 if count else self._next_row
        while end in self._ahead:
            end += 1
        breaks = np.zeros(end - self._next_row, np.int64)
        breaks[kept - self._next_row] = _line_breaks(batch)
        dropped_rows = sorted(row for row in self._ahead if row < end)
        for row in dropped_rows:
            breaks[row - self._next_row] = self._ahead[row][2]
        before = self._breaks_before + np.cumsum(breaks) - breaks
        lines = np.arange(self._next_row, end) + HEADER_LINES + before
        dropped = [
            DroppedRow(int(lines[row - self._next_row]), *self._ahead.pop(row)[:2])
            for row in dropped_rows
        ]
        kept_lines = lines[kept - self._next_row]
        self._breaks_before += int(breaks.sum())
        self._next_row = end
        return kept_lines, dropped


def _line_breaks(batch: pa.RecordBatch) -> Lines:
    total = np.zeros(batch.num_rows, np.int64)
    for column in batch.columns:
        breaks = pc.count_substring(cast("pa.BinaryArray", column), "\n")
        total += breaks.to_numpy(zero_copy_only=False)
    return total
