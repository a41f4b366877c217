"""A data folder is believed only when it says what it is and has what it must."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tables.dataset import Dataset
from tables.errors import DatasetError
from tables.schema import REJECTED_SCHEMA, TABLES
from tests.tables.build import HEADER, run, write


@pytest.fixture
def data(tmp_path: Path) -> Path:
    text = HEADER + "1,7,impression,1600000000000\n"
    return run(write(tmp_path / "in", actions__csv=text)).out


def test_every_table_has_its_schema(data: Path) -> None:
    dataset = Dataset.open(data)
    for name, table in TABLES.items():
        (path,) = dataset.files(name)
        found = pq.read_schema(path)
        assert [(f.name, f.type) for f in found] == [(f.name, f.type) for f in table.arrow_schema()]
    found = pq.read_schema(data / "rejected.parquet")
    assert [(f.name, f.type) for f in found] == [(f.name, f.type) for f in REJECTED_SCHEMA]


def test_live_files_are_listed_after_the_imported_ones(data: Path) -> None:
    shutil.copy(data / "actions" / "part-00000.parquet", data / "actions" / "part-00001.parquet")
    names = [path.name for path in Dataset.open(data).files("actions")]
    assert names == ["part-00000.parquet", "part-00001.parquet"]


def test_a_folder_without_a_description_is_no_data_folder(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"is not a data folder: it has no dataset\.json"):
        Dataset.open(tmp_path)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("format", 99, "has format 99, this version reads 1"),
        ("authors_are_viewers", "no", "authors_are_viewers is 'no', expected bool"),
        ("clock", "sun", "clock is 'sun', expected 'data' or 'wall'"),
        ("data_time_ms", None, "data_time_ms is None, expected int"),
    ],
)
def test_a_wrong_description_is_told(data: Path, field: str, value: object, message: str) -> None:
    said = json.loads((data / "dataset.json").read_text())
    (data / "dataset.json").write_text(json.dumps({**said, field: value}))
    with pytest.raises(DatasetError, match=message):
        Dataset.open(data)


def test_a_description_that_is_no_json_is_told(data: Path) -> None:
    (data / "dataset.json").write_text("{")
    with pytest.raises(DatasetError, match=r"dataset\.json cannot be read"):
        Dataset.open(data)


def test_a_table_without_files_is_told(data: Path) -> None:
    shutil.rmtree(data / "mutes")
    with pytest.raises(DatasetError, match="table mutes has no files"):
        Dataset.open(data)


def test_a_table_with_another_type_is_told(data: Path) -> None:
    path = data / "mutes" / "part-00000.parquet"
    pq.write_table(pa.table({"viewer_id": ["1"], "author_id": [1], "created_ms": [1]}), path)
    with pytest.raises(DatasetError, match="column viewer_id is string, expected int64"):
        Dataset.open(data)


def test_a_damaged_table_is_told(data: Path) -> None:
    (data / "items" / "part-00000.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(DatasetError, match=r"part-00000\.parquet cannot be read"):
        Dataset.open(data)
