"""What an import did, in counts, and the words in which a failed one is told."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from tables.engine import parquet
from tables.merge import MergedTable

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class TableCounts:
    """Rows of one table or published file: `read == kept + rejected + duplicates`.

    Attributes:
        kept: Rows of the input that are in the data folder.
        added: Rows beside them because another table names them.
    """

    read: int
    kept: int
    rejected: int
    duplicates: int
    added: int = 0

    @property
    def rows(self) -> int:
        return self.kept + self.added


@dataclass(frozen=True, slots=True)
class ImportReport:
    """A finished import.

    Attributes:
        out: The data folder.
        tables: Counts by canonical table.
        files: Counts by published file, for the adapters that read other layouts.
        data_time_ms: Unix ms of the last action or creation.
        rejected_examples: The first rejected rows in words.
    """

    out: Path
    tables: dict[str, TableCounts]
    files: dict[str, TableCounts]
    authors_are_viewers: bool
    has_impressions: bool
    data_time_ms: int
    rejected_examples: list[str]


def counts(merged: MergedTable, added: int = 0) -> TableCounts:
    return TableCounts(merged.read, merged.kept, merged.rejected, merged.duplicates, added)


def rejected_examples(connection: duckdb.DuckDBPyConnection, merged: MergedTable) -> list[str]:
    """The first rejected rows of a table, a line of words each."""
    found = connection.execute(
        'SELECT file, row_group, line, "column", "value", rule '
        f"FROM {parquet(merged.rejected_path)} ORDER BY 1, 3 LIMIT {EXAMPLES}"
    ).fetchall()
    return [_in_words(*row) for row in found]


def _in_words(
    file: str, group: int | None, line: int, column: str | None, value: str | None, rule: str
) -> str:
    where = f"{file} line {line}" if group is None else f"{file} row group {group}, row {line}"
    what = "" if column is None else f", column {column}"
    written = "" if value is None else f", value {value!r}"
    return f"{where}{what}{written}: {rule}"


def too_many_rejected(
    connection: duckdb.DuckDBPyConnection, merged: MergedTable, max_share: float
) -> list[str]:
    """The report of a table with more than `max_share` of its rows rejected; else nothing."""
    if merged.read == 0 or merged.rejected <= max_share * merged.read:
        return []
    share = merged.rejected / merged.read
    examples = rejected_examples(connection, merged)
    more = merged.rejected - len(examples)
    lines = [
        f"{merged.table.name}: {merged.rejected} of {merged.read} rows rejected ({share:.1%}), "
        f"more than the allowed {max_share:.1%}",
        *(f"  {example}" for example in examples),
    ]
    return [*lines, f"  and {more} more"] if more else lines
