"""Changes one table of a data folder: takes rows out of its files, and adds one file of new rows.

A change that was cut short is repeated whole by the next export: what it took out is gone already,
and the file it added has the same name, so it is written again and not twice.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tables.dataset import Dataset
from tables.engine import parquet, single, write_parquet
from tables.schema import TABLES


@dataclass(frozen=True, slots=True)
class TableChange:
    """What happens to one table. Queries may use the views `events` and `item_events`.

    Attributes:
        removed: SQL condition on a row `t` of the table that goes.
        added: SQL query of the columns of the table; it may use `{known}`, the table's rows
            without those that go and without this export's own.
    """

    table: str
    removed: str
    added: str


def apply_change(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    change: TableChange,
    live_name: str,
    scratch: Path,
) -> tuple[int, int]:
    """Apply a change and return how many rows were removed and added."""
    live = dataset.table_folder(change.table) / live_name
    files = [path for path in dataset.files(change.table) if path != live]
    removed = sum(_take_out(connection, path, change.removed, scratch) for path in files)
    known = f"(SELECT * FROM {parquet(*files)} t WHERE NOT ({change.removed}))"
    names = ", ".join(column.name for column in TABLES[change.table].columns)
    new = scratch / live_name
    query = f"SELECT {names} FROM ({change.added.replace('{known}', known)}) ORDER BY ALL"
    added = write_parquet(connection, query, new)
    if added:
        put_in_place(new, live)
    return removed, added


def _take_out(
    connection: duckdb.DuckDBPyConnection, path: Path, removed: str, scratch: Path
) -> int:
    """Rewrite a file without the rows that go; one that has none stays as it is."""
    rows = f"FROM {parquet(path)} t WHERE"
    count = single(connection, f"SELECT count(*) {rows} ({removed})") or 0
    if count:
        kept = scratch / f"kept-{path.name}"
        write_parquet(connection, f"SELECT * {rows} NOT ({removed})", kept)
        put_in_place(kept, path)
    return count


def put_in_place(new: Path, target: Path) -> None:
    """Replace `target` by `new` in one step, both on disk before anybody sees it."""
    for path in (new, target.parent):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    new.replace(target)
