"""A feature that knows only the future must be worth nothing."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from spark_jobs.engine import Engine
from spark_jobs.training.plan import HOLDOUT_BLOCK
from spark_jobs.training.pre_ranker import train_pre_ranker
from tests.spark_jobs.tiny_data import HOUR_MS, NOON_MS, Row
from tests.spark_jobs.training.invented import training_rows, write_folder

SHOWN = 3_000
START_MS = NOON_MS - 400 * HOUR_MS


def world_where_clicks_are_coin_flips(echo_hours: float) -> dict[str, list[Row]]:
    """Each item is shown once. Clicked ones get ten likes `echo_hours` after the click."""
    random = np.random.default_rng(5)
    items: list[Row] = []
    actions: list[Row] = []
    for number in range(SHOWN):
        item, viewer = 1_000 + number, int(random.integers(1, 40))
        at_ms = START_MS + int(number / SHOWN * 300 * HOUR_MS) + 50 * HOUR_MS
        items.append({"item_id": item, "author_id": 5_000 + number, "created_ms": START_MS})
        shown: Row = {"viewer_id": viewer, "item_id": item, "occurred_ms": at_ms}
        actions.append({**shown, "action": "impression"})
        if random.random() < 0.5:
            actions.append({**shown, "action": "click"})
            echo_ms = at_ms + int(echo_hours * HOUR_MS)
            actions += [
                {"viewer_id": 100 + i, "item_id": item, "occurred_ms": echo_ms, "action": "like"}
                for i in range(10)
            ]
    return {"items": items, "actions": actions}


def held_out_auc(folder: Path, engine: Engine, echo_hours: float) -> float:
    data = write_folder(folder / "data", world_where_clicks_are_coin_flips(echo_hours))
    _, rows = training_rows(data, folder / "work", engine)
    holdout = rows.block == HOLDOUT_BLOCK
    network = train_pre_ranker(rows.matrix[~holdout], rows.labels["click"][~holdout])
    predicted = network.predict(rows.matrix[holdout])[:, 0]
    return float(roc_auc_score(rows.labels["click"][holdout], predicted))


@pytest.mark.parametrize("echo_hours", [0, 1])
def test_likes_that_follow_a_click_say_nothing_about_it(
    tmp_path: Path, local_engine: Engine, echo_hours: float
) -> None:
    # 300 held-out rows: 0.5 give or take three standard errors
    assert held_out_auc(tmp_path, local_engine, echo_hours) == pytest.approx(0.5, abs=0.1)


def test_the_same_likes_a_little_earlier_say_everything(
    tmp_path: Path, local_engine: Engine
) -> None:
    assert held_out_auc(tmp_path, local_engine, -1) > 0.95
