"""Where the parts of a shuffled table lie, and how a job reads only what it needs of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

BATCH_ROWS = 131_072


def part_path(folder: Path, part: int, suffix: str = "parquet") -> Path:
    """File of one part of a table."""
    return folder / f"part-{part:05d}.{suffix}"


def read_part(folder: Path, part: int, columns: Sequence[str]) -> pa.Table:
    """One part's columns, whole."""
    return pq.read_table(part_path(folder, part), columns=list(columns), partitioning=None)


def read_batches(folder: Path, part: int, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """One part's columns in batches of at most `BATCH_ROWS` rows, in order."""
    with pq.ParquetFile(part_path(folder, part)) as file:
        yield from file.iter_batches(BATCH_ROWS, columns=list(columns))


def numbers(
    table: pa.Table | pa.RecordBatch, name: str, dtype: str, missing: float = 0
) -> npt.NDArray[Any]:
    """A column as `dtype[rows]`, nulls replaced by `missing`."""
    column = table.column(name)
    if column.null_count:
        column = column.fill_null(pa.scalar(missing, column.type))
    return np.asarray(column.to_numpy()).astype(dtype, copy=False)


def one_array(column: Any) -> Any:
    """A column's chunks as one Arrow array.

    Raises:
        ValueError: its values take more than the 2 GiB that one array may hold.
    """
    whole = column.combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        raise ValueError(f"a column of {column.nbytes} bytes does not fit one file, at most 2 GiB")
    return whole
