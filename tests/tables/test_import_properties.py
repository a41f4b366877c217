"""Whatever the input, an import either says why not or leaves a sound data folder."""

import csv
import gzip
import io
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tables.columns import EARLIEST_MS, LATEST_AHEAD_MS, Column, Kind, Table
from tables.dataset import Dataset
from tables.errors import ImportFailedError
from tables.report import ImportReport
from tables.schema import ACTION_NAMES, TABLES, VISIBILITIES
from tests.tables.build import HEADER, NOW_MS, rejected, rows, run

GARBAGE = st.one_of(
    st.sampled_from(
        ["", " ", "-1", "nan", "1e400", "1.5", "99999999999999999999", "\x00", "é", '"']
    ),
    st.text(max_size=6),
)
IDS = st.integers(0, 4).map(str)
TIMES = st.sampled_from([str(EARLIEST_MS), "1600000000000", str(NOW_MS)])
GOOD = {
    "id": IDS,
    "time": TIMES,
    "count": IDS,
    "small_count": IDS,
    "number": st.sampled_from(["0", "2.5", "-1e3", ".5"]),
    "text": st.sampled_from(["de", "fr", ""]),
    "flag": st.sampled_from(["true", "0", "False", "1"]),
    "list": st.sampled_from(["", "art", "art|film"]),
}


def _mostly(good: st.SearchStrategy[Any], bad: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 19).flatmap(lambda chance: bad if chance == 19 else good)


def _cells(column: Column | None) -> st.SearchStrategy[str]:
    if column is None:
        return GARBAGE
    if column.kind is Kind.CHOICE:
        return _mostly(st.sampled_from(column.choices), GARBAGE)
    return _mostly(GOOD[column.kind.value], GARBAGE)


@st.composite
def text_tables(draw: st.DrawFn, table: Table) -> tuple[bytes, int]:
    """A text file of the table, columns in any order, values good and bad; its count of rows."""
    optional = [c.input_name for c in table.columns if not c.required]
    required = [c.input_name for c in table.columns if c.required]
    names = draw(st.permutations([*required, *draw(st.sets(st.sampled_from(optional))), "extra"]))
    columns = {c.input_name: c for c in table.columns}
    row = st.tuples(*(_cells(columns.get(name)) for name in names)).map(list)
    spoilt = _mostly(row, st.lists(GARBAGE, max_size=5))
    written = io.StringIO()
    line_end = draw(st.sampled_from(["\n", "\r\n"]))
    writer = csv.writer(written, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerow(names)
    found = draw(st.lists(spoilt, max_size=8))
    found += found[: draw(st.integers(0, 3))]
    writer.writerows(found)
    blank = [row for row in found if not row or row == [""] * len(names)]
    return written.getvalue().encode(), len(found) - len(blank)


def _run_on(files: dict[str, bytes], read: dict[str, int] | None = None) -> None:
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "in"
        source.mkdir()
        for file, content in files.items():
            (source / file).write_bytes(content)
        try:
            report = run(source, max_rejected_share=1.0)
        except ImportFailedError:
            left_behind = {"in"}
        else:
            left_behind = {"in", "data"}
            _check_sound(report)
            for table, count in (read or {}).items():
                assert report.tables[table].read == count
        assert {path.name for path in Path(name).iterdir()} == left_behind


def _check_sound(report: ImportReport) -> None:
    for counts in report.tables.values():
        assert counts.read == counts.kept + counts.rejected + counts.duplicates
    Dataset.open(report.out)
    found = {name: rows(report, name) for name in TABLES}
    assert {name: len(table) for name, table in found.items()} == {
        name: counts.rows for name, counts in report.tables.items()
    }
    assert len(rejected(report)) == sum(counts.rejected for counts in report.tables.values())
    for name, table in TABLES.items():
        key = table.key or tuple(column.name for column in table.columns)
        keys = [tuple(row[column] for column in key) for row in found[name]]
        assert len(set(keys)) == len(keys)
    items = {item["item_id"] for item in found["items"]}
    viewers = {viewer["viewer_id"] for viewer in found["viewers"]}
    for action in found["actions"]:
        assert action["action"] in ACTION_NAMES
        assert EARLIEST_MS <= action["occurred_ms"] <= NOW_MS + LATEST_AHEAD_MS
        assert action["viewer_id"] in viewers
        assert action["item_id"] in items
    for item in found["items"]:
        assert item["visibility"] in VISIBILITIES
        assert item["created_ms"] is not None
        assert item["item_id"] >= 0
    assert {row["viewer_id"] for row in found["follows"]} <= viewers


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)
@given(text_tables(TABLES["actions"]), text_tables(TABLES["items"]), text_tables(TABLES["follows"]))
def test_random_tables_give_a_sound_folder(
    actions: tuple[bytes, int], items: tuple[bytes, int], follows: tuple[bytes, int]
) -> None:
    _run_on(
        {
            "actions.csv": actions[0],
            "items.csv.gz": gzip.compress(items[0]),
            "follows.csv": follows[0],
        },
        read={"actions": actions[1], "items": items[1], "follows": follows[1]},
    )


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.binary(max_size=200), st.sampled_from(["csv", "tsv", "csv.gz", "parquet"]))
def test_random_bytes_never_raise_anything_else(content: bytes, ending: str) -> None:
    _run_on({f"actions.{ending}": content})


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.binary(max_size=200), st.booleans())
def test_random_bytes_after_a_header_are_rows_at_most(content: bytes, compressed: bool) -> None:
    text = HEADER.encode() + content
    if compressed:
        _run_on({"actions.csv.gz": gzip.compress(text)})
    else:
        _run_on({"actions.csv": text})


def test_the_check_can_fail(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    text = "viewer_id,item_id,action,occurred_ms\n1,1,like,1600000000000\n"
    (tmp_path / "in" / "actions.csv").write_text(text)
    report = run(tmp_path / "in")
    (report.out / "viewers" / "part-00000.parquet").unlink()
    with pytest.raises(Exception, match="viewers"):
        _check_sound(report)
