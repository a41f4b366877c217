"""Makes repeated rows one: exact repeats, repeated pairs, and second rows of one key."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from tables.check import ORIGIN, CheckedFile
from tables.columns import Table
from tables.engine import literal, parquet, quoted, write_parquet
from tables.schema import REJECTED_SCHEMA

_REJECTED = (
    "source_file AS file, source_row_group AS row_group, source_line AS line, "
    'bad_column AS "column", bad_value AS "value", bad_rule AS rule'
)


@dataclass(frozen=True, slots=True)
class MergedTable:
    """The good rows of a table, each once, and the bad ones.

    Attributes:
        rows_path: Parquet with the table's columns and attributes.
        rejected_path: Parquet in the `REJECTED_SCHEMA`.
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
    bad = (
        f'SELECT {literal(table.name)} AS "table", {_REJECTED} FROM {checked} '
        "WHERE bad_rule IS NOT NULL"
    )
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
    first = "min({'n': source_number, 'l': source_line, 'f': source_file, 'g': source_row_group})"
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
        f"SELECT {literal(table.name)}, a.source_file, a.source_row_group, a.source_line, "
        f"{literal('|'.join(table.key))}, {shown}, {literal(rule)} "
        f"FROM {parquet(ranked)} a JOIN ({first}) b ON {same_key} "
        f"WHERE a.nth > 1 AND ({differs})"
    )
    return f"SELECT {', '.join(names)}, {', '.join(ORIGIN)} FROM ({first})", conflicts


def no_rows(table: Table, folder: Path) -> MergedTable:
    """The table when the input has none of it."""
    rows, rejected = folder / "rows.parquet", folder / "rejected.parquet"
    pq.write_table(table.arrow_schema().empty_table(), rows)
    pq.write_table(REJECTED_SCHEMA.empty_table(), rejected)
    return MergedTable(table, rows, rejected, (), 0, 0, 0, 0)
