"""What becomes of impressions, the history before them, and the features of both sides."""

from pathlib import Path

import pytest

from tables.adapters.kuairand import import_kuairand
from tables.errors import ImportFailedError
from tables.report import ImportReport
from tests.tables.build import NOW_MS, rejected, rows, write

T = 1_650_812_741_436
DAY_IN_CHINA_MS = 1_649_520_000_000
"""2022-04-10 00:00 at UTC+8."""

SHOWN = (
    "user_id,video_id,date,hourmin,time_ms,is_click,is_like,is_follow,is_comment,is_forward,"
    "is_hate,long_view,play_time_ms,duration_ms,tab\n"
)
ALL_FLAGS = f"1,70,20220425,0,{T},1,1,1,1,1,1,1,900,5000,4\n"
NO_FLAGS = f"2,71,20220425,0,{T},0,0,0,0,0,0,0,0,6000,1\n"
HISTORY = (
    "user_id\tn_exposures_before\tlast_time_ms\tlast50_video_ids\tlast50_liked_video_ids\t"
    "last50_long_viewed_video_ids\n"
)
VIDEOS = "video_id,author_id,video_type,upload_dt,video_duration,tag\n"


def _run(tmp_path: Path, shown: str, **files: str) -> ImportReport:
    source = write(tmp_path / "in", impressions__tsv_gz=shown.replace(",", "\t"), **files)
    return import_kuairand(source, tmp_path / "data", now_ms=NOW_MS, max_rejected_share=0.4)


def test_every_flag_is_an_action_of_its_own(tmp_path: Path) -> None:
    found = rows(_run(tmp_path, SHOWN + ALL_FLAGS + NO_FLAGS), "actions")
    assert {(a["viewer_id"], a["action"], a["value"]) for a in found} == {
        (1, "impression", 900.0),
        (1, "click", None),
        (1, "like", None),
        (1, "comment", None),
        (1, "share", None),
        (1, "hide", None),
        (1, "long_view", 900.0),
        (2, "impression", 0.0),
    }
    assert {a["surface"] for a in found if a["viewer_id"] == 1} == {"tab_4"}
    assert {a["occurred_ms"] for a in found} == {T}


def test_an_exact_repeat_is_one_impression(tmp_path: Path) -> None:
    report = _run(tmp_path, SHOWN + NO_FLAGS + NO_FLAGS)
    assert report.tables["actions"].rows == 1
    assert report.files["impressions"].duplicates == 1


def test_impressions_alone_are_enough(tmp_path: Path) -> None:
    report = _run(tmp_path, SHOWN + ALL_FLAGS)
    (item,) = rows(report, "items")
    assert (item["item_id"], item["duration_ms"], item["created_ms"]) == (70, 5000, T)
    assert (report.authors_are_viewers, report.has_impressions) == (False, True)


def test_features_describe_items_and_viewers(tmp_path: Path) -> None:
    report = _run(
        tmp_path,
        SHOWN + ALL_FLAGS,
        video_features_basic_other__csv_gz=VIDEOS
        + '70,1,AD,2022-04-10,8000.4,"5,6"\n72,2,NORMAL,2022-04-10,,\n',
        user_features_other__csv="user_id,user_active_degree\n1,full\n5,\n",
    )
    first, second = rows(report, "items")
    assert (first["author_id"], first["duration_ms"], first["created_ms"]) == (
        1,
        8000,
        DAY_IN_CHINA_MS,
    )
    assert first["categories"] == ["tag_5", "tag_6"]
    assert first["attribute_video_type"] == "AD"
    assert (second["duration_ms"], second["categories"]) == (None, [])
    assert [
        (v["viewer_id"], v["attribute_user_active_degree"]) for v in rows(report, "viewers")
    ] == [
        (1, "full"),
        (5, None),
    ]


def test_a_follow_is_of_the_author_of_the_video(tmp_path: Path) -> None:
    videos = VIDEOS + "70,33,NORMAL,2022-04-10,1,\n"
    report = _run(tmp_path, SHOWN + ALL_FLAGS, video_features_basic_pure__csv_gz=videos)
    assert rows(report, "follows") == [{"viewer_id": 1, "author_id": 33, "created_ms": T}]
    assert report.authors_are_viewers is False


def test_history_keeps_its_order_up_to_the_last_time(tmp_path: Path) -> None:
    history = HISTORY + f"8\t4\t{T}\t10,11,10,12\t11\t10,12\n9\t0\t\t\t\t\n"
    report = _run(tmp_path, SHOWN + NO_FLAGS, pre_period_history__tsv_gz=history)
    found = [row for row in rows(report, "actions") if row["viewer_id"] == 8]
    by_time: dict[int, list[tuple[int, str]]] = {}
    for row in found:
        by_time.setdefault(row["occurred_ms"], []).append((row["item_id"], row["action"]))
    assert [by_time[at] for at in sorted(by_time)] == [
        [(10, "impression")],
        [(11, "impression"), (11, "like")],
        [(10, "impression"), (10, "long_view")],
        [(12, "impression"), (12, "long_view")],
    ]
    assert max(by_time) == T
    assert all(row["approximate_time"] for row in found)


def test_a_bad_id_within_a_history_is_told(tmp_path: Path) -> None:
    history = HISTORY + f"8\t4\t{T}\t10,x,12\t\t\n"
    report = _run(tmp_path, SHOWN + NO_FLAGS, pre_period_history__tsv=history)
    (row,) = rejected(report)
    assert (row["file"], row["line"], row["column"], row["value"]) == (
        "pre_period_history.tsv",
        2,
        "item_id",
        "x",
    )


def test_a_flag_that_is_none_is_a_rejected_row(tmp_path: Path) -> None:
    bad = NO_FLAGS.replace(f"{T},0", f"{T},yes")
    report = _run(tmp_path, SHOWN + NO_FLAGS + ALL_FLAGS + bad)
    (row,) = rejected(report)
    assert (row["table"], row["line"], row["column"], row["value"]) == (
        "impressions",
        4,
        "is_click",
        "yes",
    )


def test_a_missing_flag_column_is_told(tmp_path: Path) -> None:
    with pytest.raises(ImportFailedError, match="lacks required column 'is_hate'"):
        _run(tmp_path, (SHOWN + NO_FLAGS).replace("is_hate", "hated"))
