"""A data folder as the build reads it: what `dataset.json` says, and where each table lies."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tables.errors import DatasetError
from tables.schema import TABLES

FORMAT = 1
FILE_NAME = "dataset.json"
REJECTED_NAME = "rejected.parquet"


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """What a data folder says about itself.

    Attributes:
        source: The kind of input: `canonical`, `kuairand` or `ciao`.
        authors_are_viewers: Whether author and viewer ids name the same people.
        has_impressions: Whether it says what was shown at known times.
        clock: `data` where time runs on from `data_time_ms`, `wall` where it is now.
        data_time_ms: Unix ms of the last action or creation.
        imported_rows: Rows by table.
        rejected_rows: Rejected rows by table or published file.
    """

    source: str
    authors_are_viewers: bool
    has_impressions: bool
    clock: str
    data_time_ms: int
    imported_rows: dict[str, int]
    rejected_rows: dict[str, int]

    def write(self, folder: Path) -> None:
        text = json.dumps({"format": FORMAT, **asdict(self)}, indent=2)
        (folder / FILE_NAME).write_text(text + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Dataset:
    """An opened data folder."""

    folder: Path
    info: DatasetInfo

    @classmethod
    def open(cls, folder: Path) -> "Dataset":
        """Open and check a data folder.

        Raises:
            DatasetError: it is none, is of another format, or a table lacks its columns.
        """
        dataset = cls(folder, _read_info(folder / FILE_NAME))
        for name in TABLES:
            _check_table(name, dataset.files(name))
        return dataset

    def table_folder(self, table: str) -> Path:
        """The folder of one of the eight tables."""
        if table not in TABLES:
            raise DatasetError(f"{table!r} is not a table; there are {', '.join(TABLES)}")
        return self.folder / table

    def files(self, table: str) -> list[Path]:
        """The Parquet files of a table in name order: the imported ones, then live ones."""
        return sorted(self.table_folder(table).glob("*.parquet"))


def _read_info(path: Path) -> DatasetInfo:
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DatasetError(
            f"{path.parent} is not a data folder: it has no {path.name}; make one with an import"
        ) from error
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} cannot be read: {error}") from error
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        found = said.get("format") if isinstance(said, dict) else None
        raise DatasetError(f"{path} has format {found!r}, this version reads {FORMAT}")
    fields = {name: said.get(name) for name in DatasetInfo.__dataclass_fields__}
    for name, kind in _FIELD_TYPES.items():
        if type(fields[name]) is not kind:
            raise DatasetError(f"{path}: {name} is {fields[name]!r}, expected {kind.__name__}")
    if fields["clock"] not in ("data", "wall"):
        raise DatasetError(f"{path}: clock is {fields['clock']!r}, expected 'data' or 'wall'")
    return DatasetInfo(**fields)  # type: ignore[arg-type]


_FIELD_TYPES: dict[str, type] = {
    "source": str,
    "authors_are_viewers": bool,
    "has_impressions": bool,
    "clock": str,
    "data_time_ms": int,
    "imported_rows": dict,
    "rejected_rows": dict,
}


def _check_table(name: str, files: list[Path]) -> None:
    if not files:
        raise DatasetError(f"table {name} has no files")
    for path in files:
        try:
            schema = pq.read_schema(path)
        except (OSError, ValueError) as error:
            raise DatasetError(f"{path} cannot be read: {error}") from error
        for field in TABLES[name].arrow_schema():
            found = schema.field(field.name).type if field.name in schema.names else None
            if found is None or not found.equals(field.type):
                is_as = "is absent" if found is None else f"is {found}"
                raise DatasetError(f"{path}: column {field.name} {is_as}, expected {field.type}")
