"""Copies one input file into a Parquet file of our own, so that later steps read one shape.

This is the only place where an input file is opened: whatever is wrong with the file itself
(damaged, unreadable, without the columns it needs) is found here and told in one line.
"""

import gzip
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tables.columns import Table
from tables.errors import SourceFileError
from tables.parquet_rows import open_parquet_rows
from tables.raw_rows import ORIGIN_FIELDS, Fields, RawRows
from tables.source_files import SourceFile
from tables.text_rows import open_text_rows


@dataclass(frozen=True, slots=True)
class StagedColumn:
    """A column of a staged file: the name it had, the name it has there, and its type."""

    name: str
    staged_name: str
    type: pa.DataType


@dataclass(frozen=True, slots=True)
class StagedFile:
    """Rows ready to be checked, with columns `source_file`, `source_number` and the origin.

    Attributes:
        path: A Parquet file.
        columns: Its data columns.
    """

    path: Path
    columns: tuple[StagedColumn, ...]


def stage(source: SourceFile, number: int, table: Table, path: Path) -> StagedFile:
    """Copy `source`, the `number`th file of `table`, to `path`.

    Raises:
        SourceFileError: the file is damaged or lacks a required column.
    """
    try:
        rows = _open(source)
        _check_names(source.label, rows.names, table)
        _copy(source.label, number, rows, path)
    except (OSError, EOFError, zlib.error, gzip.BadGzipFile, pa.ArrowException) as error:
        cause = str(error) or type(error).__name__
        raise SourceFileError(source.label, f"cannot be read: {cause}") from error
    named = enumerate(zip(rows.names, rows.types, strict=True))
    columns = tuple(StagedColumn(name, f"c{at}", kind) for at, (name, kind) in named)
    return StagedFile(path, columns)


def _open(source: SourceFile) -> RawRows:
    if source.path.name.endswith(".parquet"):
        return open_parquet_rows(source.path)
    return open_text_rows(source.path, source.label)


def _check_names(label: str, names: list[str], table: Table) -> None:
    for column in table.columns:
        count = names.count(column.input_name)
        if count > 1:
            raise SourceFileError(label, f"names column {column.input_name!r} {count} times")
        if count == 0 and column.required:
            raise SourceFileError(
                label, f"lacks required column {column.input_name!r}; it has {_listed(names)}"
            )


def _listed(names: Iterable[str]) -> str:
    shown = list(names)
    more = f" and {len(shown) - 20} more" if len(shown) > 20 else ""
    return ", ".join(repr(name[:40]) for name in shown[:20]) + more


def _copy(label: str, number: int, rows: RawRows, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    data_fields: Fields = [pa.field(f"c{at}", kind) for at, kind in enumerate(rows.types)]
    origin: Fields = [pa.field("source_file", pa.string()), pa.field("source_number", pa.int32())]
    schema = pa.schema(data_fields + ORIGIN_FIELDS + origin)
    with pq.ParquetWriter(path, schema, compression="lz4") as out:
        for batch in rows.batches:
            file_column = pa.repeat(label, batch.num_rows)
            number_column = pa.repeat(pa.scalar(number, pa.int32()), batch.num_rows)
            columns = [*batch.columns, file_column, number_column]
            out.write_batch(pa.record_batch(columns, schema=schema))
