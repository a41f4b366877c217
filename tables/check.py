"""Reads every staged row by the rules of its table: typed values, or the rule it breaks."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from tables.columns import ARROW_TYPES, Column, Table
from tables.engine import literal, parquet, quoted, single, write_parquet
from tables.errors import SourceFileError
from tables.rules import accepts, column_sql
from tables.staging import StagedFile

ORIGIN = ("source_file", "source_number", "source_row_group", "source_line")
MAX_SHOWN_CHARACTERS = 200
ATTRIBUTE_PREFIX = "attribute_"
SQL_TYPES = {
    pa.int64(): "BIGINT",
    pa.int32(): "INTEGER",
    pa.float64(): "DOUBLE",
    pa.string(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
    pa.list_(pa.string()): "VARCHAR[]",
}


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """Rows with the table's columns typed, beside `ORIGIN` and `bad_column, bad_value, bad_rule`.

    Attributes:
        path: A Parquet file.
        attributes: Its `attribute_<name>` columns.
        read: Rows in it.
        rejected: Rows in it that have a `bad_rule`.
    """

    path: Path
    attributes: tuple[str, ...]
    read: int
    rejected: int


def check(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    staged: StagedFile,
    label: str,
    path: Path,
    now_ms: int,
) -> CheckedFile:
    """Check one staged file.

    Raises:
        SourceFileError: a column has a type that cannot hold its values.
    """
    attributes = _attribute_names(table, staged) if table.keeps_attributes else {}
    selected, verdicts = _known_columns(table, staged, label, now_ms)
    selected += [
        f"nullif({quoted(column)}::VARCHAR, '') AS {quoted(name)}"
        for column, name in attributes.items()
    ]
    query = (
        f"SELECT {', '.join(selected)}, {', '.join(ORIGIN)}, {_verdict(verdicts)} AS verdict "
        f"FROM {parquet(staged.path)}"
    )
    names = [quoted(name) for name in (*(c.name for c in table.columns), *attributes.values())]
    flat = (
        f"SELECT {', '.join(names)}, {', '.join(ORIGIN)}, verdict.bad_column AS bad_column, "
        f"verdict.bad_value AS bad_value, verdict.bad_rule AS bad_rule FROM ({query})"
    )
    read = write_parquet(connection, flat, path)
    rejected = single(connection, f"SELECT count(bad_rule) FROM {parquet(path)}")
    return CheckedFile(path, tuple(attributes.values()), read, rejected or 0)


def _known_columns(
    table: Table, staged: StagedFile, label: str, now_ms: int
) -> tuple[list[str], list[str]]:
    """Select expressions of the table's columns, and a verdict clause for each that can fail."""
    found = {column.name: column for column in staged.columns}
    selected = []
    verdicts = [_clause("source_problem", "NULL", "source_value")]
    for column in table.columns:
        given = found.get(column.input_name)
        kind = pa.null() if given is None else given.type
        if not accepts(column, kind):
            problem = f"column {column.input_name!r} has type {kind}, expected {column.kind.value}"
            raise SourceFileError(label, problem)
        staged_name = "NULL::VARCHAR" if given is None else quoted(given.staged_name)
        sql = column_sql(column, staged_name, kind, now_ms)
        selected.append(f"{_typed(column, sql.value)} AS {quoted(column.name)}")
        if given is not None:
            verdicts.append(_clause(sql.broken_rule, literal(column.input_name), sql.written))
    return selected, verdicts


def _typed(column: Column, value: str) -> str:
    return f"CAST({value} AS {SQL_TYPES[ARROW_TYPES[column.kind]]})"


def _clause(broken_rule: str, column: str, written: str) -> str:
    return (
        f"WHEN ({broken_rule}) IS NOT NULL THEN {{'bad_column': {column}, 'bad_value': "
        f"left({written}, {MAX_SHOWN_CHARACTERS}), 'bad_rule': {broken_rule}}}"
    )


def _verdict(clauses: list[str]) -> str:
    return f"CASE {' '.join(clauses)} END"


def _attribute_names(table: Table, staged: StagedFile) -> dict[str, str]:
    """Staged name to attribute name of the extra columns; SQL tells no upper from lower case."""
    known = {column.input_name for column in table.columns}
    names: dict[str, str] = {}
    taken: set[str] = set()
    for at, column in enumerate(staged.columns):
        if column.name in known:
            continue
        wanted = ATTRIBUTE_PREFIX + (column.name or f"column_{at + 1}")
        name, again = wanted, 2
        while name.lower() in taken:
            name, again = f"{wanted}_{again}", again + 1
        taken.add(name.lower())
        names[column.staged_name] = name
    return names
