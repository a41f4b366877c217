"""What becomes of ratings and trust."""

from pathlib import Path
from typing import Any

import pytest

from tables.adapters.ciao import import_ciao
from tables.errors import ImportFailedError
from tables.report import ImportReport
from tests.tables.build import NOW_MS, rejected, rows, write

T = 1_000_000_000
HEADER = "user_id\tproduct_id\tcategory_id\trating\thelpfulness\tunix_time\n"
RATINGS = (
    HEADER
    + f"1\t50\t3\t5\t4\t{T + 86400}\n"
    + f"2\t50\t3\t3\t4\t{T}\n"
    + f"3\t50\t3\t4\t4\t{T}\n"
    + f"3\t50\t3\t4\t4\t{T}\n"
    + f"3\t60\t\t2\t4\t{T}\n"
)


def _run(tmp_path: Path, ratings: str = RATINGS, **options: Any) -> ImportReport:
    trust = "truster_id\ttrustee_id\n1\t2\n2\t1\n9\t1\n"
    source = write(tmp_path / "in", ratings__tsv_gz=ratings, trust__tsv_gz=trust)
    return import_ciao(source, tmp_path / "data", now_ms=NOW_MS, **options)


def test_a_rating_is_a_click_and_from_four_up_a_like(tmp_path: Path) -> None:
    found = rows(_run(tmp_path), "actions")
    assert [(a["viewer_id"], a["item_id"], a["action"], a["value"]) for a in found] == [
        (1, 50, "click", 5.0),
        (1, 50, "like", 5.0),
        (2, 50, "click", 3.0),
        (3, 50, "click", 4.0),
        (3, 50, "like", 4.0),
        (3, 60, "click", 2.0),
    ]
    assert found[0]["occurred_ms"] == (T + 86400) * 1000


def test_the_first_rating_by_time_and_then_by_line_is_the_publication(tmp_path: Path) -> None:
    first, second = rows(_run(tmp_path), "items")
    assert (first["item_id"], first["author_id"], first["created_ms"]) == (50, 2, T * 1000)
    assert first["categories"] == ["category_3"]
    assert (second["author_id"], second["categories"]) == (3, [])


def test_trust_is_following_among_viewers(tmp_path: Path) -> None:
    report = _run(tmp_path)
    assert [(f["viewer_id"], f["author_id"]) for f in rows(report, "follows")] == [
        (1, 2),
        (2, 1),
        (9, 1),
    ]
    assert report.authors_are_viewers is True
    assert [viewer["viewer_id"] for viewer in rows(report, "viewers")] == [1, 2, 3, 9]
    assert report.files["ratings"].duplicates == 1


def test_a_bad_rating_is_told_by_its_own_file_and_line(tmp_path: Path) -> None:
    report = _run(tmp_path, RATINGS + "4\t50\t3\tgood\t4\t5\n", max_rejected_share=0.5)
    (row,) = rejected(report)
    assert (row["table"], row["file"], row["line"], row["column"], row["value"]) == (
        "ratings",
        "ratings.tsv.gz",
        7,
        "rating",
        "good",
    )


def test_milliseconds_in_place_of_seconds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFailedError, match="more than a day ahead"):
        _run(tmp_path, HEADER + f"1\t50\t3\t5\t4\t{T * 1000}\n")


def test_trust_may_be_absent(tmp_path: Path) -> None:
    source = write(tmp_path / "in", ratings__csv=RATINGS.replace("\t", ","))
    report = import_ciao(source, tmp_path / "data", now_ms=NOW_MS)
    assert report.tables["follows"].rows == 0
