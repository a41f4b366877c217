"""What a build of the tiny data says, file by file."""

from pathlib import Path

import numpy as np
import pytest

from generation import layout
from generation.arrow_file import MappedTable, find_rows
from generation.counters import COUNTER_COLUMNS
from generation.graph_records import Kind, key, unpack
from generation.id_lists import IdLists
from generation.manifest import Manifest, verify
from generation.viewer_columns import VIEWER_TOTALS
from generation.vocabulary import Vocabulary
from serving.bus.topics import partition_of
from spark_jobs.build import build_generation
from spark_jobs.local_engine import LocalEngine
from tests.spark_jobs.tiny_data import (
    HOUR_MS,
    NOON_MS,
    GivenVectors,
    action,
    no_models,
    write_data,
)

SHARDS = 2


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, local_engine: LocalEngine) -> Path:
    folder = tmp_path_factory.mktemp("built")
    data = write_data(folder / "data")
    return build_generation(
        data, folder / "generations", engine=local_engine, fit=GivenVectors(), train=no_models,
        shards=SHARDS, seed=7,
    )  # fmt: skip


def shard_of(built: Path, item_id: int) -> tuple[MappedTable, int, Path]:
    folder = built / layout.SHARD.format(shard=partition_of(item_id, SHARDS))
    items = MappedTable(folder / layout.SHARD_ITEMS)
    rows = MappedTable(folder / layout.SHARD_ITEM_ROWS)
    at = find_rows(rows.array("item_id"), np.array([item_id]))[0]
    return items, int(rows.array("row")[at]), folder


def item_value(built: Path, item_id: int, column: str) -> object:
    items, row, _ = shard_of(built, item_id)
    assert items.array("item_id")[row] == item_id
    return items.array(column)[row].tolist()


def counter(built: Path, item_id: int, name: str) -> float:
    return item_value(built, item_id, "counters")[COUNTER_COLUMNS.index(name)]


def record(built: Path, kind: Kind, entity: int) -> list[list[float]] | None:
    for path in sorted((built / layout.GRAPH).iterdir()):
        table = MappedTable(path)
        for at, found in enumerate(table.strings("key").to_pylist()):
            if found == key(kind, entity):
                return [a.tolist() for a in unpack(kind, table.strings("value")[at].as_py())]
    return None


def viewer(built: Path, viewer_id: int, column: str) -> list[float] | float:
    table = MappedTable(built / layout.VIEWERS)
    row = find_rows(table.array("viewer_id"), np.array([viewer_id]))[0]
    assert row >= 0
    return table.batch.column(column)[row].as_py()


def test_every_file_is_as_the_manifest_says(built: Path):
    manifest = Manifest.read(built)
    verify(built, manifest)
    assert built.name == manifest.name
    assert (manifest.shard_count, manifest.data_time_ms) == (SHARDS, NOON_MS)
    assert manifest.authors_are_viewers
    assert manifest.has_impressions
    assert manifest.files[layout.VIEWERS].rows == 6
    assert manifest.files[layout.CONTENT_ITEMS].rows == 4


def test_names_are_coded_alphabetically(built: Path):
    vocabulary = Vocabulary.read(built / layout.VOCABULARY)
    assert vocabulary.categories.names == ("cats", "dogs")
    assert vocabulary.regions.names == ("north",)
    assert vocabulary.surfaces.names == ("home",)
    assert vocabulary.devices.names == ("phone",)
    assert item_value(built, 11, "categories") == [1, 2, 0, 0]
    assert item_value(built, 10, "region") == 1


def test_absent_facts_take_their_defaults(built: Path):
    assert item_value(built, 13, "author_id") == -1
    assert item_value(built, 13, "group_id") == -1
    assert item_value(built, 13, "region") == 0
    assert item_value(built, 12, "visibility") == 3
    assert item_value(built, 11, "is_sensitive") == 1
    assert item_value(built, 10, "duration_s") == 1.5


def test_counters_age_to_the_data_time(built: Path):
    assert counter(built, 10, "likes_total") == 2
    assert counter(built, 10, "likes_hour") == pytest.approx(1 / 8 + 1 / 4)
    assert counter(built, 10, "impressions_hour") == pytest.approx(1 / 16)
    assert counter(built, 12, "negatives_total") == 1


def test_an_author_does_not_make_himself_popular(built: Path):
    assert counter(built, 10, "likes_total") == 2
    assert item_value(built, 10, "author_positives") == 2
    assert viewer(built, 5, "positive_item_ids") == [10]


def test_an_action_at_an_approximate_time_is_history_and_enters_no_count(built: Path):
    assert viewer(built, 3, "positive_item_ids") == [10]
    assert viewer(built, 3, "seen_item_ids") == [10]
    assert viewer(built, 3, "totals") == [0] * 7
    assert viewer(built, 3, "author_ids") == viewer(built, 3, "category_codes") == []
    assert item_value(built, 10, "has_vector") == 1
    assert item_value(built, 10, "popularity") > counter(built, 10, "likes_total")


def test_an_action_told_twice_by_the_bus_counts_once(built: Path):
    assert counter(built, 13, "clicks_total") == 1
    manifest = Manifest.read(built)
    assert manifest.quality["repeated_actions"] == 1
    assert manifest.bus_offsets == {"actions": {"3": 10}}
    assert manifest.first_offsets("actions", [3, 4]).on("any bus") == {3: 10, 4: 0}


def test_three_positive_viewers_make_a_vector(built: Path):
    assert [item_value(built, i, "has_vector") for i in (10, 11, 12, 13)] == [1, 0, 0, 0]
    assert any(item_value(built, 10, "vector"))
    assert not any(item_value(built, 13, "vector"))
    assert MappedTable(built / layout.VECTORS_ITEMS).array("item_id").tolist() == [10]


def test_author_statistics_are_over_all_shards(built: Path):
    assert item_value(built, 11, "author_items") == 2
    assert item_value(built, 11, "author_followers") == 1  # following oneself does not count
    assert item_value(built, 11, "author_impressions") == 1
    assert item_value(built, 13, "author_items") == 0


def test_rows_are_ordered_by_age_and_lists_name_them(built: Path):
    for shard in range(SHARDS):
        folder = built / layout.SHARD.format(shard=shard)
        items = MappedTable(folder / layout.SHARD_ITEMS)
        created = items.array("created_ms")
        assert (np.diff(created) >= 0).all()
        everything = IdLists(folder / layout.SHARD_POPULAR).rows(0, 10)
        popularity = items.array("popularity")[everything]
        assert sorted(everything.tolist()) == list(range(len(created)))
        assert (np.diff(popularity) <= 0).all()
        for author in IdLists(folder / layout.SHARD_AUTHORS).keys.tolist():
            rows = IdLists(folder / layout.SHARD_AUTHORS).rows(author, 10)
            assert set(items.array("author_id")[rows].tolist()) == {author}
            assert (np.diff(created[rows]) <= 0).all()


def test_a_regions_popular_list_has_its_own_items_and_those_of_any_region(built: Path):
    items, _, folder = shard_of(built, 10)
    rows = IdLists(folder / layout.SHARD_POPULAR).rows(1, 10)
    assert items.array("item_id")[rows].tolist()[0] == 10
    assert set(items.array("region")[rows].tolist()) <= {0, 1}


def test_follows_run_by_affinity_then_by_recency(built: Path):
    ids, affinity = record(built, Kind.FOLLOWS, 1)
    assert ids == [6, 5, 4]
    np.testing.assert_allclose(affinity, [np.log1p(1), np.log1p(1), 0], rtol=1e-6)


def test_relations_are_seen_from_both_sides(built: Path):
    assert record(built, Kind.FRIENDS, 1) == [[5]]
    assert record(built, Kind.FRIENDS, 5) == [[1]]
    assert record(built, Kind.BLOCKS, 2) == [[6]]
    assert record(built, Kind.BLOCKED_BY, 6) == [[2]]
    assert record(built, Kind.MUTES, 3) == [[5]]
    assert record(built, Kind.GROUPS, 1) == [[500]]
    assert record(built, Kind.FOLLOWS, 5) == [[1], [pytest.approx(0)]]


def test_keys_of_the_graph_ascend_over_all_parts(built: Path):
    keys = [
        found
        for path in sorted((built / layout.GRAPH).iterdir())
        for found in MappedTable(path).strings("key").to_pylist()
    ]
    assert keys == sorted(set(keys))


def test_what_a_viewer_hid_is_no_positive(built: Path):
    assert viewer(built, 1, "positive_item_ids") == [10]
    assert record(built, Kind.POSITIVES, 1) == [[10], [NOON_MS - 3 * HOUR_MS]]
    assert record(built, Kind.NEGATIVES, 1) == [[12], [NOON_MS - 5 * HOUR_MS]]
    assert viewer(built, 1, "seen_item_ids") == [10, 12]


def test_viewers_have_totals_affinities_and_profile(built: Path):
    totals = dict(zip(VIEWER_TOTALS, viewer(built, 1, "totals"), strict=True))
    assert totals == {
        "impressions": 1, "clicks": 1, "likes": 1, "long_views": 0, "negatives": 1,
        "dwell_s": 2, "dwells": 1,
    }  # fmt: skip
    assert viewer(built, 1, "category_codes") == [1, 2]
    assert viewer(built, 1, "category_impressions") == [1, 0]
    assert viewer(built, 1, "category_positives") == [1, 1]
    assert viewer(built, 1, "author_ids") == [5, 6]
    assert viewer(built, 1, "follow_count") == 3
    assert viewer(built, 1, "region") == 1
    assert viewer(built, 1, "last_action_ms") == NOON_MS - 3 * HOUR_MS
    assert viewer(built, 4, "has_vector") == 0
    assert viewer(built, 4, "seen_item_ids") == []


def test_a_dwell_without_end_counts_as_a_day(tmp_path: Path, local_engine: LocalEngine):
    endless = action(4, 13, "impression", 0, value=1e300)
    folder = build_generation(
        write_data(tmp_path / "data", live=[endless]), tmp_path / "generations",
        engine=local_engine, fit=GivenVectors(), train=no_models, shards=SHARDS, seed=7,
    )  # fmt: skip
    totals = dict(zip(VIEWER_TOTALS, viewer(folder, 4, "totals"), strict=True))
    assert (totals["dwell_s"], totals["dwells"]) == (86_400, 1)


def test_the_floor_is_public_and_not_sensitive(built: Path):
    floor = MappedTable(built / layout.POPULAR_FLOOR)
    lists = dict(
        zip(
            zip(floor.array("region").tolist(), floor.array("category").tolist(), strict=True),
            floor.strings("item_ids").to_pylist(),
            strict=True,
        )
    )
    assert lists[(0, 0)] == [10, 13]
    assert lists[(0, 1)] == [10]
    assert (0, 2) not in lists  # dogs are sensitive or for a group


def test_mean_viewers_are_by_region_and_over_everybody(built: Path):
    means = MappedTable(built / layout.VECTORS_MEANS)
    assert means.array("region").tolist() == [0, 1]
    assert means.array("viewers").tolist() == [4, 2]


def test_content_is_complete(built: Path):
    content = MappedTable(built / layout.CONTENT_ITEMS).batch.to_pylist()
    assert [row["item_id"] for row in content] == [10, 11, 12, 13]
    assert content[0]["title"] == "Tom"
    assert content[0]["text"] == ""
    assert content[1]["categories"] == ["cats", "dogs"]
    assert content[2]["visibility"] == 3
    assert content[3]["language"] == "en"
    authors = MappedTable(built / layout.CONTENT_AUTHORS).batch.to_pylist()
    assert authors == [{"author_id": 5, "display_name": "Eve", "avatar_url": ""}]
