"""What a canonical import makes of good input."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tables.dataset import Dataset
from tables.errors import ImportFailedError
from tests.tables.build import HEADER, NOW_MS, rows, run, write

T = 1_600_000_000_000


def test_an_exact_repeat_is_one_row(tmp_path: Path) -> None:
    text = HEADER + f"1,7,like,{T}\n1,7,like,{T}\n1,7,click,{T}\n"
    report = run(write(tmp_path / "in", actions__csv=text))
    assert [row["action"] for row in rows(report, "actions")] == ["click", "like"]
    assert report.tables["actions"].duplicates == 1


def test_an_item_only_acted_on_exists_since_its_first_action(tmp_path: Path) -> None:
    text = HEADER + f"1,7,like,{T + 5}\n2,7,click,{T}\n"
    items = rows(run(write(tmp_path / "in", actions__csv=text)), "items")
    assert [(i["item_id"], i["created_ms"], i["author_id"]) for i in items] == [(7, T, None)]
    assert items[0]["categories"] == []
    assert items[0]["visibility"] == "public"
    assert items[0]["is_sensitive"] is False


def test_viewers_named_by_any_table_exist(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in",
        actions__csv=HEADER + f"1,7,like,{T}\n",
        follows__csv="viewer_id,author_id\n2,3\n",
        memberships__csv="viewer_id,group_id\n4,9\n",
        blocks__csv="viewer_id,author_id\n5,9\n",
        mutes__csv="viewer_id,author_id\n6,9\n",
    )
    report = run(source)
    assert [viewer["viewer_id"] for viewer in rows(report, "viewers")] == [1, 2, 3, 4, 5, 6]


def test_people_followed_are_no_viewers_where_authors_are_not(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in",
        actions__csv=HEADER + f"1,7,like,{T}\n",
        follows__csv="viewer_id,author_id\n2,3\n",
    )
    report = run(source, authors_are_viewers=False)
    assert [viewer["viewer_id"] for viewer in rows(report, "viewers")] == [1, 2]


@pytest.mark.parametrize(
    ("follows", "told", "expected"),
    [
        ("", None, False),
        ("2,3\n", None, True),
        ("2,3\n", False, False),
        ("", True, True),
    ],
)
def test_authors_are_viewers_is_told_or_follows_say_so(
    tmp_path: Path, follows: str, told: bool | None, expected: bool
) -> None:
    source = write(
        tmp_path / "in",
        actions__csv=HEADER + f"3,7,like,{T}\n",
        items__csv="item_id,author_id\n7,3\n",
        follows__csv="viewer_id,author_id\n" + follows,
    )
    run(source, authors_are_viewers=told)
    assert Dataset.open(tmp_path / "data").info.authors_are_viewers is expected


@pytest.mark.parametrize("ending", ["csv", "csv_gz", "tsv", "tsv_gz"])
def test_text_formats_give_the_same_rows(tmp_path: Path, ending: str) -> None:
    text = HEADER + f"1,7,like,{T}\n0,8,hide,{T}\n"
    if ending.startswith("tsv"):
        text = text.replace(",", "\t")
    found = rows(run(write(tmp_path / "in", **{f"actions__{ending}": text})), "actions")
    assert [(row["viewer_id"], row["item_id"], row["action"]) for row in found] == [
        (0, 8, "hide"),
        (1, 7, "like"),
    ]


def test_a_folder_of_parquet_files_is_one_table(tmp_path: Path) -> None:
    folder = tmp_path / "in" / "actions"
    folder.mkdir(parents=True)
    for viewer in (1, 2):
        table = pa.table(
            {"viewer_id": [viewer], "item_id": [7], "action": ["like"], "occurred_ms": [T]}
        )
        pq.write_table(table, folder / f"part-{viewer}.parquet")
    found = rows(run(tmp_path / "in"), "actions")
    assert [row["viewer_id"] for row in found] == [1, 2]


def test_values_are_read_by_their_meaning(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in",
        actions__csv="occurred_ms,action,item_id,viewer_id,value,position\n"
        f"{T}.0, like ,7,1,2.5e1,3\n",
        items__csv="item_id,category,is_sensitive,visibility,language,title\n"
        '7,"art| film ||art",TRUE,friends,,"a, ""b""\nc"\n8,,0,,de,\n',
    )
    report = run(source)
    (action,) = rows(report, "actions")
    assert (action["value"], action["position"], action["occurred_ms"]) == (25.0, 3, T)
    first, second = rows(report, "items")
    assert first["categories"] == ["art", "film"]
    assert (first["is_sensitive"], first["visibility"], first["language"]) == (
        True,
        "friends",
        None,
    )
    assert first["title"] == 'a, "b"\nc'
    assert (second["is_sensitive"], second["visibility"], second["language"]) == (
        False,
        "public",
        "de",
    )


def test_extra_columns_are_kept_as_attributes(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in",
        actions__csv="viewer_id,item_id,action,occurred_ms,mood\n" + f"1,7,like,{T},good\n",
        items__csv="item_id,colour,Colour,\n7,red,blue,x\n",
        viewers__csv='viewer_id,it\'s "odd"\n1,yes\n',
    )
    report = run(source)
    (item,) = rows(report, "items")
    assert item["attribute_colour"] == "red"
    assert item["attribute_Colour_2"] == "blue"
    assert item["attribute_column_4"] == "x"
    assert rows(report, "viewers")[0]['attribute_it\'s "odd"'] == "yes"
    assert "attribute_mood" not in rows(report, "actions")[0]


def test_a_pair_twice_is_one_row_since_the_earlier_time(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in",
        actions__csv=HEADER,
        follows__csv=f"viewer_id,author_id,created_ms\n1,2,{T + 9}\n1,2,{T}\n1,2,\n",
    )
    report = run(source)
    assert rows(report, "follows") == [{"viewer_id": 1, "author_id": 2, "created_ms": T}]
    assert report.tables["follows"].duplicates == 2


def test_a_second_different_row_of_an_item_is_rejected(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in",
        actions__csv=HEADER,
        items__csv="item_id,title\n7,first\n7,first\n7,other\n",
    )
    report = run(source, max_rejected_share=0.5)
    assert [item["title"] for item in rows(report, "items")] == ["first"]
    counts = report.tables["items"]
    assert (counts.read, counts.kept, counts.rejected, counts.duplicates) == (3, 1, 1, 1)


def test_the_last_time_is_the_time_of_the_data(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in",
        actions__csv=HEADER + f"1,7,click,{T}\n",
        items__csv=f"item_id,created_ms\n8,{T + 50}\n",
    )
    info_before = run(source)
    info = Dataset.open(info_before.out).info
    assert (info.data_time_ms, info.has_impressions, info.clock) == (T + 50, False, "data")
    assert info.imported_rows["items"] == 2


def test_approximate_impressions_are_not_counted_as_impressions(tmp_path: Path) -> None:
    text = "viewer_id,item_id,action,occurred_ms,approximate_time\n"
    report = run(write(tmp_path / "in", actions__csv=text + f"1,7,impression,{T},1\n"))
    assert report.has_impressions is False
    assert rows(report, "actions")[0]["approximate_time"] is True


def test_no_actions_at_all_is_an_empty_data_folder(tmp_path: Path) -> None:
    report = run(write(tmp_path / "in", actions__csv=HEADER))
    dataset = Dataset.open(report.out)
    assert dataset.info.imported_rows["actions"] == 0
    assert report.tables["items"].rows == 0


def test_an_existing_folder_is_replaced_only_on_request(tmp_path: Path) -> None:
    source = write(tmp_path / "in", actions__csv=HEADER + f"1,7,click,{T}\n")
    run(source)
    with pytest.raises(ImportFailedError, match="already exists"):
        run(source)
    write(source, actions__csv=HEADER + f"2,7,click,{T}\n")
    assert [row["viewer_id"] for row in rows(run(source, replace=True), "actions")] == [2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "in"]


def test_progress_ends_at_the_whole(tmp_path: Path) -> None:
    seen: list[float] = []
    source = write(tmp_path / "in", actions__csv=HEADER + f"1,7,click,{NOW_MS}\n")
    run(source, progress=lambda _what, share: seen.append(share))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
