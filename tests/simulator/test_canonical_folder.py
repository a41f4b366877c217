"""The folder has the canonical tables, and equal settings write equal bytes."""

from dataclasses import replace

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from simulator import simulate, write_world
from tests.simulator.worlds import TINY

COLUMNS = {
    "actions": "viewer_id item_id action occurred_ms value surface feed_id position device",
    "items": "item_id author_id created_ms category region language is_sensitive duration_ms "
    "title text media_url group_id visibility",
    "viewers": "viewer_id region language created_ms allow_sensitive",
    "authors": "author_id display_name avatar_url",
    "memberships": "viewer_id group_id created_ms",
    "follows": "viewer_id author_id created_ms",
    "blocks": "viewer_id author_id created_ms",
    "mutes": "viewer_id author_id created_ms",
}


def written(folder, settings=TINY):
    write_world(simulate(settings), folder)
    return {path.stem: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    target = tmp_path_factory.mktemp("world")
    write_world(simulate(TINY), target)
    return target


@pytest.mark.parametrize(("name", "columns"), COLUMNS.items())
def test_every_table_has_its_columns(folder, name, columns):
    table = pq.read_table(folder / f"{name}.parquet")
    assert table.column_names == columns.split()
    assert table.num_rows > 0


def test_there_is_no_other_file(folder):
    assert {path.name for path in folder.iterdir()} == {f"{name}.parquet" for name in COLUMNS}


@pytest.mark.parametrize(
    ("table", "column", "target", "key"),
    [
        ("actions", "viewer_id", "viewers", "viewer_id"),
        ("actions", "item_id", "items", "item_id"),
        ("items", "author_id", "authors", "author_id"),
        ("items", "group_id", "memberships", "group_id"),
        ("follows", "author_id", "viewers", "viewer_id"),
    ],
)
def test_every_reference_leads_somewhere(folder, table, column, target, key):
    referring = pq.read_table(folder / f"{table}.parquet")[column].drop_null()
    known = pq.read_table(folder / f"{target}.parquet")[key]
    assert pc.all(pc.is_in(referring, known.combine_chunks())).as_py()


def test_only_impressions_and_long_views_have_a_value(folder):
    actions = pq.read_table(folder / "actions.parquet").to_pylist()
    valued = {row["action"] for row in actions if row["value"] is not None}
    unvalued = {row["action"] for row in actions if row["value"] is None}
    assert valued == {"impression", "long_view"}
    assert "click" in unvalued
    assert not valued & unvalued


def test_group_posts_name_their_group_and_others_none(folder):
    for row in pq.read_table(folder / "items.parquet").to_pylist():
        assert (row["visibility"] == "group") == (row["group_id"] is not None)


def test_titles_are_about_their_category(folder):
    titles = pq.read_table(folder / "items.parquet")
    cats = [row["title"] for row in titles.to_pylist() if row["category"].startswith("Cats")]
    subjects = ("kitten", "cat", "cardboard", "vet", "zoomies")
    assert cats
    assert all(any(subject in title.lower() for subject in subjects) for title in cats)


def test_no_title_has_a_hole_left(folder):
    items = pq.read_table(folder / "items.parquet").to_pylist()
    assert not [row for row in items if "{" in row["title"] + row["text"]]


def test_equal_settings_write_equal_bytes(tmp_path):
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    assert written(tmp_path / "first") == written(tmp_path / "second")


def test_another_seed_is_another_world(tmp_path):
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    first, second = written(tmp_path / "first"), written(tmp_path / "second", replace(TINY, seed=8))
    assert all(first[name] != second[name] for name in COLUMNS)
