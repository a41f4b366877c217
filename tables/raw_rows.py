"""What every reader of input files answers: columns by position, and where each row came from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Lines = npt.NDArray[np.int64]

Fields = list["pa.Field[Any]"]

ORIGIN_FIELDS: Fields = [
    pa.field("source_row_group", pa.int32()),
    pa.field("source_line", pa.int64()),
    pa.field("source_problem", pa.string()),
    pa.field("source_value", pa.string()),
]
"""Beside the data columns: where a row stood, and what is wrong with it as a whole, if anything."""


@dataclass(frozen=True, slots=True)
class RawRows:
    """A file being read.

    Attributes:
        names: Column names as the file gives them.
        types: Arrow type of each.
        batches: Columns `c0`, `c1`, … and `ORIGIN_FIELDS`; drawing may raise `SourceFileError`,
            `OSError` or `pyarrow.ArrowException`.
    """

    names: list[str]
    types: list[pa.DataType]
    batches: Iterator[pa.RecordBatch]


def make_batch(
    columns: Sequence["pa.Array[Any]"],
    lines: Lines,
    *,
    row_group: int | None = None,
    problems: Sequence[str | None] | None = None,
    values: Sequence[str | None] | None = None,
) -> pa.RecordBatch:
    """Join data columns with the origin of their rows; all have first axis `n`."""
    count = len(lines)
    absent = [None] * count
    groups = pa.nulls(count, pa.int32()) if row_group is None else pa.repeat(row_group, count)
    origin: list[pa.Array[Any]] = [
        groups.cast(pa.int32()),
        pa.array(lines, pa.int64()),
        pa.array(absent if problems is None else problems, pa.string()),
        pa.array(absent if values is None else values, pa.string()),
    ]
    data_fields: Fields = [pa.field(f"c{i}", column.type) for i, column in enumerate(columns)]
    return pa.record_batch([*columns, *origin], schema=pa.schema(data_fields + ORIGIN_FIELDS))
