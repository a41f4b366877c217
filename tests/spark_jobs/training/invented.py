"""Invented data folders, and their training rows."""

from pathlib import Path
from typing import Any

import numpy as np

from spark_jobs.build import gather, look_at
from spark_jobs.build_context import BuildContext, Workplace
from spark_jobs.engine import Engine
from spark_jobs.implicit_als import ImplicitAls
from spark_jobs.training.make_rows import make_rows, plan_training
from spark_jobs.training.plan import TrainingPlan
from spark_jobs.training.row_table import RowTable, read_rows
from spark_jobs.vector_fit import AlsSettings
from tables.dataset import Dataset, DatasetInfo
from tables.schema import TABLES
from tests.spark_jobs.tiny_data import HOUR_MS, NOON_MS, Row, write_rows

SETTINGS = AlsSettings(iterations=2, seed=3)


def write_folder(
    folder: Path,
    tables: dict[str, list[Row]],
    *,
    has_impressions: bool = True,
    authors_are_viewers: bool = True,
) -> Path:
    """Write a data folder of the given rows; tables not named are empty."""
    for name in TABLES:
        write_rows(folder, name, tables.get(name, []), 0)
    info = DatasetInfo("canonical", authors_are_viewers, has_impressions, "data", NOON_MS, {}, {})
    info.write(folder)
    return folder


def training_rows(
    data: Path, work: Path, engine: Engine, shards: int = 2
) -> tuple[TrainingPlan, RowTable]:
    """Everything up to the finished rows."""
    workplace = Workplace(work / "generation", work / "scratch")
    workplace.output.mkdir(parents=True)
    workplace.scratch.mkdir()
    dataset = Dataset.open(data)
    context = BuildContext(dataset, engine, workplace, look_at(engine, dataset, shards, 7))
    gather(context)
    plan = plan_training(context, SETTINGS)
    make_rows(context, plan, ImplicitAls(), SETTINGS)
    return plan, read_rows(plan.rows)


def busy_world(seed: int = 1) -> dict[str, list[Row]]:
    """25 viewers (1 to 25, the first five of them authors), 12 items, 1,500 impressions and what
    followed in ten days; of one impression in ten, and what followed, the time is approximate."""
    random = np.random.default_rng(seed)
    start_ms = NOON_MS - 240 * HOUR_MS
    items: list[Row] = [
        {
            "item_id": 100 + number,
            "author_id": 1 + number % 5,
            "created_ms": start_ms + int(random.integers(0, 100)) * HOUR_MS,
            "categories": [["cats"], ["dogs"], ["cats", "dogs"]][number % 3],
            "duration_ms": 1_000 * (number + 1),
            "group_id": 500 if number == 3 else None,
        }
        for number in range(12)
    ]
    actions: list[Row] = []
    for _ in range(1_500):
        viewer, item = int(random.integers(1, 26)), int(random.integers(100, 112))
        at_ms = start_ms + int(random.integers(0, 240 * 60)) * 60_000
        about = {"approximate_time": bool(random.random() < 0.1)}
        dwell_ms = float(at_ms % 9_000)
        actions.append(_action(viewer, item, "impression", at_ms, value=dwell_ms, **about))
        for name, chance in (("click", 0.4), ("like", 0.1), ("long_view", 0.2), ("hide", 0.02)):
            if random.random() < chance:
                later_ms = at_ms + int(random.integers(0, 3)) * 60_000
                actions.append(_action(viewer, item, name, later_ms, **about))
    follows: list[Row] = [
        {
            "viewer_id": int(viewer),
            "author_id": int(author),
            "created_ms": None if viewer % 3 == 0 else start_ms + int(viewer) * 9 * HOUR_MS,
        }
        for viewer in range(1, 26)
        for author in range(1, 9)
        if viewer != author and random.random() < 0.3
    ]
    return {
        "items": items,
        "actions": actions,
        "follows": follows,
        "viewers": [{"viewer_id": number} for number in range(1, 26)],
        "memberships": [{"viewer_id": 7, "group_id": 500, "created_ms": start_ms + 150 * HOUR_MS}],
    }


def _action(viewer: int, item: int, name: str, at_ms: int, **more: Any) -> Row:
    return {
        "viewer_id": viewer, "item_id": item, "action": name, "occurred_ms": at_ms, **more
    }  # fmt: skip
