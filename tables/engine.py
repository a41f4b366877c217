"""The out-of-core SQL engine behind an import: bounded memory, spilling beside the output."""

import glob
from pathlib import Path

import duckdb

MEMORY_LIMIT = "640MB"
"""What the engine may hold; the rest of the 1.5 GiB bound is the interpreter, Arrow and slack."""

THREADS = 2


def connect(spill_folder: Path) -> duckdb.DuckDBPyConnection:
    """Open an engine that keeps no state of its own and spills into `spill_folder`."""
    spill_folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": MEMORY_LIMIT,
            "threads": THREADS,
            "temp_directory": str(spill_folder),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    connection.execute("SET enable_progress_bar = false")  # it would write to standard output
    return connection


def quoted(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | bool | int | None) -> str:
    """`value` as an SQL literal."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("'", "''") + "'"


def parquet(*paths: Path) -> str:
    """An SQL table over Parquet files, columns matched by name, absent ones null."""
    names = ", ".join(literal(glob.escape(str(path))) for path in paths)
    return f"read_parquet([{names}], union_by_name = true)"


def write_parquet(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    """Write the rows of `query` to one Parquet file and return how many there were."""
    path.parent.mkdir(parents=True, exist_ok=True)
    done = connection.execute(
        f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
    ).fetchone()
    return int(done[0]) if done else 0


def single(connection: duckdb.DuckDBPyConnection, query: str) -> int | None:
    """The one number that `query` answers."""
    row = connection.execute(query).fetchone()
    return None if row is None or row[0] is None else int(row[0])
