"""Reads Parquet as batches with the row group and row each came from, a few rows at a time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tables.raw_rows import RawRows, make_batch

BATCH_ROWS = 32_768
READ_BUFFER_BYTES = 1 << 20


def open_parquet_rows(path: Path) -> RawRows:
    """Open a Parquet file; rows count from 1 over the whole file.

    Raises:
        pyarrow.ArrowException, OSError: not a readable Parquet file.
    """
    file = pq.ParquetFile(path, buffer_size=READ_BUFFER_BYTES, pre_buffer=False)
    schema = file.schema_arrow
    types = [_plain(field.type) for field in schema]
    return RawRows(list(schema.names), types, _batches(file, types))


def _batches(file: pq.ParquetFile, types: list[pa.DataType]) -> Iterator[pa.RecordBatch]:
    first = 1
    with file:
        for row_group in range(file.num_row_groups):
            for batch in file.iter_batches(batch_size=BATCH_ROWS, row_groups=[row_group]):
                lines = np.arange(first, first + batch.num_rows, dtype=np.int64)
                first += batch.num_rows
                columns = [
                    column.cast(plain) for column, plain in zip(batch.columns, types, strict=True)
                ]
                yield make_batch(columns, lines, row_group=row_group)


def _plain(kind: pa.DataType) -> pa.DataType:
    """Dictionary encoding is how a value is stored, not what it is."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind
