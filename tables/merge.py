"""Makes repeated rows one: exact repeats, repeated pairs, and second rows of one key."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tables.check import ORIGIN, CheckedFile
from tables.columns import Table
from tables.engine import literal, parquet, quoted, write_parquet

REJECTED_COLUMNS = "source_file, source_row_group, source_line, bad_column, bad_value, bad_rule"
_REJECTED = pa.schema(
    [
        pa.field("source_file", pa.string()),
        pa.field("source_row_group", pa.int32()),
        pa.field("source_line", pa.int64()),
        pa.field("bad_column", pa.string()),
        pa.field("bad_value", pa.string()),
        pa.field("bad_rule", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class MergedTable:
    """The good rows of a table, each once, and the bad ones.

    Attributes:
        rows_path: Parquet with the table's columns and attributes.
        rejected_path: Parquet with `REJECTED_COLUMNS`.
    """

    table: Table
    rows_path: Path
    rejected_path: Path
    attributes: tuple[str, ...]
    read: int
    rejected: int
    duplicates: int
    kept: int


def merge(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    files: list[CheckedFile],
    folder: Path,
    keep_origin: bool = False,
) -> MergedTable:
    """Merge the checked files of one table; `keep_origin` keeps `ORIGIN` of each first row."""
    checked = parquet(*(file.path for file in files))
    attributes = tuple(dict.fromkeys(name for file in files for name in file.attributes))
    names = [quoted(name) for name in (*(c.name for c in table.columns), *attributes)]
    good = f"SELECT * FROM {checked} WHERE bad_rule IS NULL"
    bad = f"SELECT {REJECTED_COLUMNS} FROM {checked} WHERE bad_rule IS NOT NULL"
    rows = folder / "rows.parquet"
    if table.merges_times:
        query = _earliest_of_key(table, good)
    elif table.key:
        ranked = folder / "ranked.parquet"
        query, conflicts = _first_of_key(connection, table, names, good, ranked)
        bad += f" UNION ALL {conflicts}"
    elif keep_origin:
        query = _distinct_with_origin(names, good)
    else:
        query = f"SELECT DISTINCT {', '.join(names)} FROM ({good})"
    kept = write_parquet(connection, query, rows)
    rejected = write_parquet(connection, bad, folder / "rejected.parquet")
    read = sum(file.read for file in files)
    duplicates = read - rejected - kept
    return MergedTable(
        table, rows, folder / "rejected.parquet", attributes, read, rejected, duplicates, kept
    )


def _earliest_of_key(table: Table, good: str) -> str:
    key = ", ".join(table.key)
    return f"SELECT {key}, min(created_ms) AS created_ms FROM ({good}) GROUP BY {key}"


def _distinct_with_origin(names: list[str], good: str) -> str:
    """Exact repeats once, with the origin of the first in file order."""
    columns = ", ".join(names)
    first = (
        f"min({{'n': source_number, 'l': source_line, 'f': source_file, 'g': source_row_group}})"
    )
    return (
        f"SELECT {columns}, o.f AS source_file, o.n AS source_number, o.g AS source_row_group, "
        f"o.l AS source_line FROM (SELECT {columns}, {first} AS o FROM ({good}) GROUP BY {columns})"
    )


def _first_of_key(
    connection: duckdb.DuckDBPyConnection, table: Table, names: list[str], good: str, ranked: Path
) -> tuple[str, str]:
    """Queries for the first row of each key, and for later rows that differ from it."""
    key = ", ".join(table.key)
    nth = f"row_number() OVER (PARTITION BY {key} ORDER BY source_number, source_line)"
    write_parquet(connection, f"SELECT *, {nth} AS nth FROM ({good})", ranked)
    first = f"SELECT * FROM {parquet(ranked)} WHERE nth = 1"
    differs = " OR ".join(f"a.{name} IS DISTINCT FROM b.{name}" for name in names)
    same_key = " AND ".join(f"a.{name} = b.{name}" for name in table.key)
    shown = " || '|' || ".join(f"a.{name}::VARCHAR" for name in table.key)
    rule = f"another, different row before it has this {' and '.join(table.key)}"
    conflicts = (
        f"SELECT a.source_file, a.source_row_group, a.source_line, {literal('|'.join(table.key))}, "
        f"{shown}, {literal(rule)} FROM {parquet(ranked)} a JOIN ({first}) b ON {same_key} "
        f"WHERE a.nth > 1 AND ({differs})"
    )
    return f"SELECT {', '.join(names)}, {', '.join(ORIGIN)} FROM ({first})", conflicts


def no_rows(table: Table, folder: Path) -> MergedTable:
    """The table when the input has none of it."""
    rows, rejected = folder / "rows.parquet", folder / "rejected.parquet"
    pq.write_table(table.arrow_schema().empty_table(), rows)
    pq.write_table(_REJECTED.empty_table(), rejected)
    return MergedTable(table, rows, rejected, (), 0, 0, 0, 0)
