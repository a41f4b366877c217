"""Data without impressions: each positive is a row, and so are the negatives drawn for it."""

from pathlib import Path

import numpy as np
import pytest

from spark_jobs.engine import Engine
from spark_jobs.training.negatives import PER_POSITIVE
from spark_jobs.training.row_table import RowTable
from tests.spark_jobs.tiny_data import HOUR_MS, NOON_MS, Row
from tests.spark_jobs.training.invented import training_rows, write_folder

START_MS = NOON_MS - 1_000 * HOUR_MS
VIEWERS, ITEMS = 20, 60


def ratings() -> dict[str, list[Row]]:
    """Item 100 + i appears at hour 10 i, made by viewer i % 20; viewers click what exists."""
    random = np.random.default_rng(6)
    items: list[Row] = [
        {"item_id": 100 + i, "author_id": i % VIEWERS, "created_ms": START_MS + 10 * i * HOUR_MS}
        for i in range(ITEMS)
    ]
    actions: list[Row] = []
    for hour in range(300, 1_000):
        viewer, item = int(random.integers(0, VIEWERS)), int(random.integers(0, hour // 25))
        actions.append(
            {
                "viewer_id": viewer,
                "item_id": 100 + item,
                "action": "click",
                "occurred_ms": START_MS + hour * HOUR_MS,
            }
        )
    return {"items": items, "actions": actions}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory, local_engine: Engine) -> RowTable:
    folder = tmp_path_factory.mktemp("negatives")
    data = write_folder(folder / "data", ratings(), has_impressions=False)
    return training_rows(data, folder / "work", local_engine)[1]


def negatives(rows: RowTable) -> list[tuple[int, int, int]]:
    drawn = rows.take(~rows.labels["click"])
    return list(
        zip(
            drawn.viewer_id.tolist(),
            drawn.item_id.tolist(),
            drawn.occurred_ms.tolist(),
            strict=True,
        )
    )


def test_every_positive_has_up_to_four_negatives_of_its_viewer_and_time(rows: RowTable) -> None:
    positives = rows.take(rows.labels["click"])
    of = set(zip(positives.viewer_id.tolist(), positives.occurred_ms.tolist(), strict=True))
    drawn = negatives(rows)
    assert all((viewer, at_ms) in of for viewer, _, at_ms in drawn)
    assert len(positives) < len(drawn) <= PER_POSITIVE * len(positives)


def test_negatives_existed_and_are_not_the_viewers_own(rows: RowTable) -> None:
    for viewer, item, at_ms in negatives(rows):
        assert START_MS + 10 * (item - 100) * HOUR_MS < at_ms
        assert (item - 100) % VIEWERS != viewer


def test_nothing_a_viewer_clicked_by_a_day_later_is_a_negative(rows: RowTable) -> None:
    first: dict[tuple[int, int], int] = {}
    for action in ratings()["actions"]:
        pair = (action["viewer_id"], action["item_id"])
        first[pair] = min(action["occurred_ms"], first.get(pair, action["occurred_ms"]))
    for viewer, item, at_ms in negatives(rows):
        assert first.get((viewer, item), at_ms + 24 * HOUR_MS) >= at_ms + 24 * HOUR_MS


def test_the_same_seed_draws_the_same(rows: RowTable, tmp_path: Path, local_engine: Engine) -> None:
    data = write_folder(tmp_path / "data", ratings(), has_impressions=False)
    _, again = training_rows(data, tmp_path / "work", local_engine, shards=3)
    np.testing.assert_array_equal(again.item_id, rows.item_id)
    np.testing.assert_array_equal(again.matrix, rows.matrix)
