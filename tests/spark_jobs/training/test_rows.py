"""Training rows, against answers found row by row in the raw tables."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.fold_in_one import FoldIn
from features.matrix import FEATURES
from generation.arrow_file import MappedTable, find_rows
from generation.item_columns import ITEM_FACTS
from spark_jobs.engine import Engine
from spark_jobs.training.plan import TrainingPlan
from spark_jobs.training.row_table import RowTable
from tests.spark_jobs.tiny_data import HOUR_MS, Row
from tests.spark_jobs.training.invented import SETTINGS, busy_world, training_rows, write_folder

POSITIVE = ("click", "like", "long_view", "share", "comment")
Made = tuple[TrainingPlan, RowTable, dict[str, list[Row]]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, local_engine: Engine) -> Made:
    folder = tmp_path_factory.mktemp("rows")
    world = busy_world()
    data = write_folder(folder / "data", world)
    return *training_rows(data, folder / "work", local_engine), world


def feature(rows: RowTable, row: int, name: str) -> float:
    return float(rows.matrix[row, [f.name for f in FEATURES].index(name)])


def past(world: dict[str, list[Row]], row: Row) -> list[Row]:
    """Oldest first."""
    before = [a for a in world["actions"] if a["occurred_ms"] < row["occurred_ms"]]
    return sorted(before, key=lambda action: action["occurred_ms"])


def sampled(rows: RowTable, count: int) -> list[tuple[int, Row]]:
    """Some rows, with their key."""
    chosen = np.random.default_rng(2).choice(len(rows), count, replace=False)
    return [
        (
            int(at),
            {
                name: int(getattr(rows, name)[at])
                for name in ("viewer_id", "item_id", "occurred_ms")
            },
        )
        for at in chosen
    ]


def item_of(world: dict[str, list[Row]], item_id: int) -> Row:
    return next(item for item in world["items"] if item["item_id"] == item_id)


def others(world: dict[str, list[Row]], actions: list[Row]) -> list[Row]:
    """Not of authors on their own items."""
    author = {item["item_id"]: item["author_id"] for item in world["items"]}
    return [a for a in actions if a["viewer_id"] != author[a["item_id"]]]


def counted(actions: list[Row]) -> list[Row]:
    """At known times: the others are history, but enter no count."""
    return [a for a in actions if not a["approximate_time"]]


def count(actions: list[Row], *names: str, **wanted: Any) -> int:
    return sum(
        a["action"] in names and all(a[key] == value for key, value in wanted.items())
        for a in actions
    )


def test_there_is_a_row_for_every_impression_after_the_warm_up_but_those_of_own_items(
    made: Made,
) -> None:
    plan, rows, world = made
    expected = {
        (a["viewer_id"], a["occurred_ms"], a["item_id"])
        for a in counted(others(world, world["actions"]))
        if a["action"] == "impression" and a["occurred_ms"] >= plan.cuts_ms[0]
    }
    found = zip(rows.viewer_id.tolist(), rows.occurred_ms.tolist(), rows.item_id.tolist())  # noqa: B905
    assert sorted(found) == sorted(expected)


def test_labels_are_what_followed_within_a_day_and_before_the_next_showing(made: Made) -> None:
    _, rows, world = made
    for at, row in sampled(rows, 200):
        same = [
            a
            for a in counted(world["actions"])
            if (a["viewer_id"], a["item_id"]) == (row["viewer_id"], row["item_id"])
        ]
        shown = [a["occurred_ms"] for a in same if a["action"] == "impression"]
        end_ms = min(
            [row["occurred_ms"] + 24 * HOUR_MS, *(s for s in shown if s > row["occurred_ms"])]
        )
        window = [a for a in same if row["occurred_ms"] <= a["occurred_ms"] < end_ms]
        for label, names in {"click": ("click",), "hide": ("hide", "report")}.items():
            assert rows.labels[label][at] == (count(window, *names) > 0)
        assert rows.labels["positive"][at] == (count(window, *POSITIVE) > 0)


def test_item_and_author_facts_are_those_of_the_past(made: Made) -> None:
    plan, rows, world = made
    for at, row in sampled(rows, 40):
        item = item_of(world, row["item_id"])
        history = others(world, past(world, row))
        before = counted(history)
        of_author = [
            a for a in before if item_of(world, a["item_id"])["author_id"] == item["author_id"]
        ]
        week = sum(
            0.5 ** ((row["occurred_ms"] - a["occurred_ms"]) / (168 * HOUR_MS))
            for a in before
            if a["item_id"] == row["item_id"] and a["action"] == "click"
        )
        half_life_ms = plan.facts.popularity_half_life_ms
        popularity = sum(
            0.5 ** ((row["occurred_ms"] - a["occurred_ms"]) / half_life_ms)
            for a in history
            if a["item_id"] == row["item_id"] and a["action"] in POSITIVE
        )
        followers = sum(
            f["author_id"] == item["author_id"] and (f["created_ms"] or 0) < row["occurred_ms"]
            for f in world["follows"]
        )
        published = sum(
            i["author_id"] == item["author_id"] and i["created_ms"] < row["occurred_ms"]
            for i in world["items"]
        )
        facts = {
            "log_duration_s": item["duration_ms"] / 1_000,
            "log_impressions_total": count(before, "impression", item_id=row["item_id"]),
            "log_likes_total": count(before, "like", item_id=row["item_id"]),
            "log_clicks_week": week,
            "log_popularity": popularity,
            "log_author_followers": followers,
            "log_author_items": published,
            "log_author_impressions": count(of_author, "impression"),
            "log_author_positives": count(of_author, *POSITIVE),
        }
        assert facts.keys() <= set(ITEM_FACTS)
        for name, value in facts.items():
            assert feature(rows, at, name) == pytest.approx(np.float16(math.log1p(value)), abs=2e-3)


def test_viewer_and_cross_facts_are_those_of_the_past(made: Made) -> None:
    _, rows, world = made
    for at, row in sampled(rows, 40):
        viewer, now_ms = row["viewer_id"], row["occurred_ms"]
        before = past(world, row)
        history = [a for a in before if a["viewer_id"] == viewer]
        mine = counted(history)
        item = item_of(world, row["item_id"])
        on_author = [
            a
            for a in others(world, mine)
            if item_of(world, a["item_id"])["author_id"] == item["author_id"]
        ]
        main = [
            a for a in mine if item["categories"][0] in item_of(world, a["item_id"])["categories"]
        ]
        follows = [
            f for f in world["follows"] if f["viewer_id"] == viewer
            and (f["created_ms"] or 0) < now_ms
        ]  # fmt: skip
        recent = [a for a in mine if a["occurred_ms"] >= now_ms - 300_000]
        seen = {a["item_id"] for a in history}  # fewer than RECENT_ITEMS
        disliked = {a["item_id"] for a in history if a["action"] == "hide"}
        liked = {a["item_id"] for a in history if a["action"] in POSITIVE} - disliked
        expected = {
            "log_viewer_impressions": math.log1p(count(mine, "impression")),
            "log_viewer_positives": math.log1p(count(mine, "click", "like", "long_view")),
            "log_views_5m": math.log1p(count(recent, "impression")),
            "log_clicks_5m": math.log1p(count(recent, "click")),
            "log_items_seen": math.log1p(len(seen)),
            "recent_positive_rate": (1 + len(liked)) / (10 + len(seen)),
            "log_follow_count": math.log1p(len(follows)),
            "follows_author": float(item["author_id"] in [f["author_id"] for f in follows]),
            "log_author_seen": math.log1p(count(on_author, "impression")),
            "author_affinity": math.log1p(count(on_author, *POSITIVE)),
            "log_category_impressions": math.log1p(count(main, "impression")),
            "same_group": float(viewer == 7 and item["group_id"] == 500
            and now_ms > world["memberships"][0]["created_ms"]),
            "log_friends_liked": math.log1p(close_who_liked(world, row)),
        }  # fmt: skip
        for name, value in expected.items():
            assert feature(rows, at, name) == pytest.approx(value, abs=1e-5), name


def close_who_liked(world: dict[str, list[Row]], row: Row) -> int:
    """Mutual follows, or where there are none, those followed."""
    pairs = {(f["viewer_id"], f["author_id"]): f["created_ms"] or 0 for f in world["follows"]}
    viewer = row["viewer_id"]
    followed = [b for a, b in pairs if a == viewer]
    friends = [b for b in followed if (b, viewer) in pairs]
    now_ms = row["occurred_ms"]
    likers = {
        a["viewer_id"]
        for a in past(world, row)
        if a["action"] in POSITIVE and a["item_id"] == row["item_id"]
    }
    since = {b: max(pairs[viewer, b], pairs.get((b, viewer), 0)) for b in friends or followed}
    return sum(since[b] < now_ms and b in likers for b in since)


def test_viewers_are_folded_in_from_what_they_liked_before_with_vectors_of_an_earlier_fit(
    made: Made,
) -> None:
    plan, rows, world = made
    for at, row in sampled(rows, 40):
        folder = plan.vectors(int(rows.block[at]))
        served = MappedTable(folder / "served.arrow")
        mine = [a for a in past(world, row) if a["viewer_id"] == row["viewer_id"]]
        disliked = {a["item_id"] for a in mine if a["action"] == "hide"}
        liked = {a["item_id"] for a in mine if a["action"] in POSITIVE} - disliked
        at_items = find_rows(served.array("item_id"), np.array(sorted(liked), np.int64))
        vectors = served.array("vector")[at_items[at_items >= 0]].astype(np.float32)
        gram = MappedTable(folder / "gram.arrow").array("row")
        viewer = FoldIn(gram, SETTINGS.alpha, SETTINGS.regularization).of(vectors)
        item = find_rows(served.array("item_id"), np.array([row["item_id"]]))[0]
        dot = viewer @ served.array("vector")[item].astype(np.float32) if item >= 0 else 0.0
        assert feature(rows, at, "vector_dot") == pytest.approx(float(dot), abs=1e-4)


def test_the_number_of_shards_changes_nothing(
    made: Made, tmp_path: Path, local_engine: Engine
) -> None:
    _, rows, world = made
    data = write_folder(tmp_path / "data", world)
    _, again = training_rows(data, tmp_path / "work", local_engine, shards=3)
    np.testing.assert_array_equal(again.matrix, rows.matrix)
