"""Bad rows are counted and told; bad files stop the import in one line; nothing is left behind."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tables.errors import ImportFailedError
from tests.tables.build import HEADER, NOW_MS, rejected, rows, run, write

T = 1_600_000_000_000
COLUMNS = "viewer_id,item_id,action,occurred_ms,value,position,approximate_time\n"


@pytest.mark.parametrize(
    ("line", "column", "value", "rule"),
    [
        (f"-1,7,like,{T},,,", "viewer_id", "-1", "must not be negative"),
        (f"1,-7,like,{T},,,", "item_id", "-7", "must not be negative"),
        (f",7,like,{T},,,", "viewer_id", "", "is missing"),
        (f"1,x,like,{T},,,", "item_id", "x", "is not a whole number"),
        (f"1,7.5,like,{T},,,", "item_id", "7.5", "is not a whole number"),
        (f"1,0x1F,like,{T},,,", "item_id", "0x1F", "is not a whole number"),
        (f"1,9223372036854775808,like,{T},,,", "item_id", "9223372036854775808", "64 bits"),
        (f"1,7,adore,{T},,,", "action", "adore", "is not one of impression, click"),
        (f"1,7,,{T},,,", "action", "", "is missing"),
        ("1,7,like,631151999999,,,", "occurred_ms", "631151999999", "before 1990"),
        (f"1,7,like,{NOW_MS + 86_400_001},,,", "occurred_ms", None, "a day ahead"),
        (f"1,7,like,{T},nan,,", "value", "nan", "is not a finite number"),
        (f"1,7,like,{T},-inf,,", "value", "-inf", "is not a finite number"),
        (f"1,7,like,{T},1e999,,", "value", "1e999", "is not a finite number"),
        (f"1,7,like,{T},1_0,,", "value", "1_0", "is not a finite number"),
        (f"1,7,like,{T},,-1,", "position", "-1", "must not be negative"),
        (f"1,7,like,{T},,2147483648,", "position", "2147483648", "2147483647"),
        (f"1,7,like,{T},,,maybe", "approximate_time", "maybe", "true, false, 0, 1"),
        (f"1,7,like,{T}", None, f"1,7,like,{T}", "has 4 columns where the header has 7"),
    ],
)
def test_a_bad_row_is_told_with_its_place_and_rule(
    tmp_path: Path, line: str, column: str | None, value: str | None, rule: str
) -> None:
    good = f"1,7,like,{T},1,1,0\n"
    source = write(tmp_path / "in", actions__csv=COLUMNS + good + line + "\n" + good)
    report = run(source, max_rejected_share=0.5)
    (row,) = rejected(report)
    assert (row["table"], row["file"], row["line"], row["column"]) == (
        "actions",
        "actions.csv",
        3,
        column,
    )
    assert rule in row["rule"]
    assert value is None or row["value"] == value
    assert len(rows(report, "actions")) == 1


def test_times_at_the_limits_are_accepted(tmp_path: Path) -> None:
    text = HEADER + f"0,0,like,631152000000\n0,0,like,{NOW_MS + 86_400_000}\n"
    assert len(rows(run(write(tmp_path / "in", actions__csv=text)), "actions")) == 2


def test_lines_are_counted_through_breaks_blank_lines_and_wrong_widths(tmp_path: Path) -> None:
    items = 'item_id,title\n1,"a\nb"\n\n2\n3,"x\n\ny"\nbad,z\n'
    source = write(tmp_path / "in", actions__csv=HEADER, items__csv=items)
    report = run(source, max_rejected_share=1.0)
    assert [(row["line"], row["value"]) for row in rejected(report)] == [(5, "2"), (9, "bad")]


@pytest.mark.parametrize("good", ["", f"1,7,like,{T}\n"])
def test_rows_of_a_wrong_width_at_the_end_are_told(tmp_path: Path, good: str) -> None:
    source = write(tmp_path / "in", actions__csv=HEADER + good + "1\n1,2\n")
    report = run(source, max_rejected_share=1.0)
    assert [row["value"] for row in rejected(report)] == ["1", "1,2"]
    assert report.tables["actions"].kept == len(good.splitlines())


def test_bad_bytes_in_a_row_of_a_wrong_width_are_told(tmp_path: Path) -> None:
    source = write(tmp_path / "in", items__csv="item_id\n")
    (source / "actions.csv").write_bytes(HEADER.encode() + b"1,\xff\n")
    (row,) = rejected(run(source, max_rejected_share=1.0))
    assert (row["line"], row["value"]) == (2, "1,\ufffd")


def test_bytes_that_are_no_text_reject_their_row_only(tmp_path: Path) -> None:
    source = write(tmp_path / "in", actions__csv=HEADER)
    (source / "items.csv").write_bytes(b"item_id,title\n1,caf\xc3\xa9\n2,caf\xe9\n")
    report = run(source, max_rejected_share=0.5)
    assert [item["title"] for item in rows(report, "items")] == ["café"]
    assert [(row["line"], row["rule"]) for row in rejected(report)] == [(3, "is not UTF-8 text")]


def test_parquet_rows_are_told_by_row_group(tmp_path: Path) -> None:
    table = pa.table(
        {
            "viewer_id": [1, 2, -3],
            "item_id": [7] * 3,
            "action": ["like"] * 3,
            "occurred_ms": [T] * 3,
        }
    )
    (tmp_path / "in").mkdir()
    pq.write_table(table, tmp_path / "in" / "actions.parquet", row_group_size=2)
    (row,) = rejected(run(tmp_path / "in", max_rejected_share=0.5))
    assert (row["row_group"], row["line"], row["column"], row["value"]) == (1, 3, "viewer_id", "-3")


def test_one_percent_may_be_rejected_and_not_more(tmp_path: Path) -> None:
    good = "".join(f"{viewer},7,like,{T}\n" for viewer in range(99))
    bad = f"-1,7,like,{T}\n"
    run(write(tmp_path / "in", actions__csv=HEADER + good + bad))
    source = write(tmp_path / "in", actions__csv=HEADER + good + bad * 5)
    with pytest.raises(ImportFailedError) as caught:
        run(source, replace=True)
    assert str(caught.value).splitlines() == [
        "actions: 5 of 104 rows rejected (4.8%), more than the allowed 1.0%",
        *(
            f"  actions.csv line {line}, column viewer_id, value '-1': must not be negative"
            for line in (101, 102, 103)
        ),
        "  and 2 more",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "in"]


def _cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


@pytest.mark.parametrize("damage", [_cut, _flipped, lambda _content: b"not gzip"])
def test_damaged_compression_stops_the_import(tmp_path: Path, damage: object) -> None:
    text = HEADER + "".join(f"{viewer},7,like,{T + viewer}\n" for viewer in range(5000))
    (tmp_path / "in").mkdir()
    content = damage(gzip.compress(text.encode()))  # type: ignore[operator]
    (tmp_path / "in" / "actions.csv.gz").write_bytes(content)
    with pytest.raises(ImportFailedError, match=r"^actions\.csv\.gz: cannot be read: .+$"):
        run(tmp_path / "in")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "has no 'actions' file, which is required"),
        ({"actions__csv": ""}, r"actions\.csv: is empty"),
        ({"actions__csv": "viewer_id,item_id,action\n"}, "lacks required column 'occurred_ms'"),
        ({"actions__csv": HEADER, "actions__tsv": HEADER}, r"actions\.csv, actions\.tsv; keep one"),
        ({"actions__csv": "viewer_id," + HEADER}, "names column 'viewer_id' 2 times"),
        ({"actions__parquet": "no parquet"}, r"actions\.parquet: cannot be read"),
    ],
)
def test_a_file_at_fault_is_told_in_one_line(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    source = write(tmp_path / "in", **files)
    with pytest.raises(ImportFailedError, match=message) as caught:
        run(source)
    assert len(str(caught.value).splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_all_files_at_fault_are_told_at_once(tmp_path: Path) -> None:
    source = write(tmp_path / "in", actions__csv="x\n", items__csv="y\n")
    with pytest.raises(ImportFailedError) as caught:
        run(source)
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        "actions.csv",
        "items.csv",
    ]


def test_a_type_that_cannot_hold_the_values_refuses_the_file(tmp_path: Path) -> None:
    table = pa.table(
        {
            "viewer_id": [1],
            "item_id": [7],
            "action": ["like"],
            "occurred_ms": pa.array([T], pa.timestamp("ms")),
        }
    )
    (tmp_path / "in").mkdir()
    pq.write_table(table, tmp_path / "in" / "actions.parquet")
    with pytest.raises(ImportFailedError, match=r"'occurred_ms' has type timestamp\[ms\]"):
        run(tmp_path / "in")


def test_a_source_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFailedError, match="is not a folder"):
        run(tmp_path / "absent")
