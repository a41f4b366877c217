"""The vocabulary in which tables are described: columns, their kinds and limits."""

from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa

EARLIEST_MS = 631_152_000_000
"""1990-01-01 UTC: anything earlier is a broken clock or another unit."""

LATEST_AHEAD_MS = 86_400_000
"""A day: clocks of writers differ, but a later time is a mistake."""


class Kind(StrEnum):
    """What a column holds, which decides how it is read and what is refused."""

    ID = "id"  # int64, not negative
    TIME = "time"  # int64 Unix milliseconds between EARLIEST_MS and a day ahead
    COUNT = "count"  # int64, not negative
    SMALL_COUNT = "small_count"  # int32, not negative
    NUMBER = "number"  # float64, finite
    TEXT = "text"  # UTF-8; blank is absent
    FLAG = "flag"  # true, false, 0 or 1
    CHOICE = "choice"  # one of `Column.choices`
    LIST = "list"  # strings joined by `|`
    SECONDS = "seconds"  # int64 Unix seconds within the same limits; published layouts only
    DAY = "day"  # a date, held as int64 Unix ms of its midnight UTC; published layouts only


ARROW_TYPES: dict[Kind, pa.DataType] = {
    Kind.ID: pa.int64(),
    Kind.TIME: pa.int64(),
    Kind.COUNT: pa.int64(),
    Kind.SMALL_COUNT: pa.int32(),
    Kind.NUMBER: pa.float64(),
    Kind.TEXT: pa.string(),
    Kind.FLAG: pa.bool_(),
    Kind.CHOICE: pa.string(),
    Kind.LIST: pa.list_(pa.string()),
    Kind.SECONDS: pa.int64(),
    Kind.DAY: pa.int64(),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        name: Name in the data folder.
        kind: What it holds.
        doc: Meaning and unit.
        required: A row without it is rejected, a file without it refused.
        default: Value of an absent field; `None` leaves it null.
        choices: The values a `CHOICE` may have.
        source_name: Name in the input where that differs.
    """

    name: str
    kind: Kind
    doc: str
    required: bool = False
    default: str | bool | None = None
    choices: tuple[str, ...] = ()
    source_name: str = ""

    @property
    def input_name(self) -> str:
        return self.source_name or self.name


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns and what makes two rows the same.

    Attributes:
        name: Folder in the data folder and file stem in the input.
        key: Columns of which no two rows may agree; empty where only exact repeats are one row.
        merges_times: Rows with the same key are one, with the earliest `created_ms`; otherwise
            a second, different row of a key is rejected.
        keeps_attributes: Extra columns are kept as `attribute_<name>`; otherwise dropped.
    """

    name: str
    doc: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    merges_times: bool = False
    keeps_attributes: bool = False

    def arrow_schema(self) -> pa.Schema:
        """The columns every data folder has for this table, attributes apart."""
        return pa.schema(
            [
                pa.field(
                    column.name,
                    ARROW_TYPES[column.kind],
                    nullable=not column.required and column.default is None,
                    metadata={"doc": column.doc},
                )
                for column in self.columns
            ]
        )
