"""Every Engine must pass these tests."""

from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from serving.bus.topics import partition_of
from spark_jobs.engine import Engine
from spark_jobs.part_files import part_path

SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64()),
        pa.field("name", pa.string()),
        pa.field("tags", pa.list_(pa.string())),
        pa.field("score", pa.float64()),
        pa.field("small", pa.int32()),
        pa.field("flag", pa.bool_()),
    ]
)
ROWS = [
    (3, "c", ["x", "y"], 0.5, 1, True),
    (1, None, [], None, None, None),
    (None, "lost", ["x"], 1.0, 2, False),
    (1, "b", None, -1.0, 3, False),
    (2**62, "ä", [None, "z"], 1e300, 4, True),
    (1, "a", ["z"], 2.0, 5, True),
]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two files, as live rows come beside imported ones."""
    folder = tmp_path / "it's a source"
    folder.mkdir()
    for number, rows in enumerate((ROWS[:4], ROWS[4:])):
        columns = [pa.array(list(column)) for column in zip(*rows, strict=True)]
        table = pa.table(dict(zip(SCHEMA.names, columns, strict=True))).cast(SCHEMA)
        pq.write_table(table, folder / f"part-{number:05d}.parquet")
    return folder


def rows_of(out: Path, part: int) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in pq.read_table(part_path(out, part)).to_pylist()]


def test_puts_every_row_where_the_hash_says_in_order(engine: Engine, source: Path, tmp_path: Path):
    engine.shuffle(source, tmp_path / "out", key="id", partitions=3, order_by=["id", "name"])
    for part in range(3):
        expected = [row for row in ROWS if row[0] is not None and partition_of(row[0], 3) == part]
        expected.sort(key=lambda row: (row[0], row[1] or ""))
        assert rows_of(tmp_path / "out", part) == expected


def test_every_partition_has_its_file_and_nothing_else_is_there(
    engine: Engine, source: Path, tmp_path: Path
):
    engine.shuffle(source, tmp_path / "out", key="id", partitions=16, order_by=["id"])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        f"part-{part:05d}.parquet" for part in range(16)
    ]
    for part in range(16):
        schema = pq.read_schema(part_path(tmp_path / "out", part))
        assert schema.names == SCHEMA.names
        assert [field.type.id for field in schema] == [field.type.id for field in SCHEMA]


def test_keeps_only_the_columns_asked_for(engine: Engine, source: Path, tmp_path: Path):
    engine.shuffle(
        source, tmp_path / "out", key="id", partitions=1, order_by=["small"],
        columns=["small", "id"],
    )  # fmt: skip
    assert rows_of(tmp_path / "out", 0) == [(None, 1), (1, 3), (3, 1), (4, 2**62), (5, 1)]


def test_a_second_shuffle_replaces_the_first(engine: Engine, source: Path, tmp_path: Path):
    engine.shuffle(source, tmp_path / "out", key="id", partitions=4, order_by=["id"])
    engine.shuffle(source, tmp_path / "out", key="id", partitions=2, order_by=["id"])
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_a_source_without_rows_gives_empty_partitions(engine: Engine, tmp_path: Path):
    (tmp_path / "source").mkdir()
    pq.write_table(SCHEMA.empty_table(), tmp_path / "source" / "part-00000.parquet")
    engine.shuffle(tmp_path / "source", tmp_path / "out", key="id", partitions=2, order_by=["id"])
    assert [rows_of(tmp_path / "out", part) for part in range(2)] == [[], []]


def test_map_returns_receipts_in_the_order_of_partitions(engine: Engine, tmp_path: Path):
    receipts = engine.map(5, partial(write_square, tmp_path), describe="squares")
    assert receipts == [{"square": part * part} for part in range(5)]
    assert [(tmp_path / str(part)).read_text() for part in range(5)] == ["0", "1", "4", "9", "16"]


def test_a_failing_partition_fails_the_map(engine: Engine):
    with pytest.raises(Exception, match="partition 3 is broken"):
        engine.map(5, fail_on_three, describe="failing")


def write_square(folder: Path, part: int) -> dict[str, int]:
    (folder / str(part)).write_text(str(part * part))
    return {"square": part * part}


def fail_on_three(part: int) -> dict[str, int]:
    if part == 3:
        raise ValueError(f"partition {part} is broken")
    return {}
