"""Completes training rows with the statistics of their author as they were just before each row."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from spark_jobs.author_statistics import STATISTICS
from spark_jobs.engine import Receipt
from spark_jobs.events import IMPRESSION, IS_POSITIVE, is_own
from spark_jobs.part_files import numbers, part_path, read_part
from spark_jobs.training.as_of import sums_before
from spark_jobs.training.plan import TrainingPlan

Longs = npt.NDArray[np.int64]


def author_facts(plan: TrainingPlan, part: int) -> Receipt:
    """Read `item_facts_by_author/` and what it is about, write `author_facts/`: the row and
    `author_{statistic}` float64."""
    rows = pq.read_table(part_path(plan.folder / "item_facts_by_author", part), partitioning=None)
    author_id, asked_ms = numbers(rows, "author_id", "i8"), numbers(rows, "occurred_ms", "i8")
    found = [
        _followers(plan, part, author_id, asked_ms),
        _items(plan, part, author_id, asked_ms),
        *_actions(plan, part, author_id, asked_ms),
    ]
    for name, values in zip(STATISTICS, found, strict=True):
        values[author_id < 0] = 0
        rows = rows.append_column(f"author_{name}", pa.array(values))
    target = part_path(plan.folder / "author_facts", part)
    target.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, target)
    return {"samples": len(author_id)}


def _followers(
    plan: TrainingPlan, part: int, author_id: Longs, asked_ms: Longs
) -> npt.NDArray[np.float64]:
    """Follows of unknown time count as older than everything."""
    table = read_part(
        plan.folder / "follows_by_author", part, ["viewer_id", "author_id", "created_ms"]
    )
    viewer, author = numbers(table, "viewer_id", "i8"), numbers(table, "author_id", "i8")
    others = ~is_own(viewer, author, plan.facts.authors_are_viewers)
    since_ms = numbers(table, "created_ms", "i8")
    ones = np.ones((int(others.sum()), 1))
    return sums_before(author[others], since_ms[others], ones, author_id, asked_ms)[:, 0]


def _items(
    plan: TrainingPlan, part: int, author_id: Longs, asked_ms: Longs
) -> npt.NDArray[np.float64]:
    table = read_part(plan.folder / "items_by_author", part, ["author_id", "created_ms"])
    author, created_ms = numbers(table, "author_id", "i8"), numbers(table, "created_ms", "i8")
    return sums_before(author, created_ms, np.ones((len(author), 1)), author_id, asked_ms)[:, 0]


def _actions(
    plan: TrainingPlan, part: int, author_id: Longs, asked_ms: Longs
) -> npt.NDArray[np.float64]:
    """Impressions and positive actions: `float64[2, n]`."""
    names = ["viewer_id", "author_id", "occurred_ms", "action", "is_approximate"]
    table = read_part(plan.folder / "events_by_author", part, names)
    viewer, author = numbers(table, "viewer_id", "i8"), numbers(table, "author_id", "i8")
    action = numbers(table, "action", "i4")
    counted = ~is_own(viewer, author, plan.facts.authors_are_viewers)
    counted &= ~table["is_approximate"].to_numpy()
    amounts = np.stack([action == IMPRESSION, IS_POSITIVE[action]], axis=1).astype(np.float64)
    occurred_ms = numbers(table, "occurred_ms", "i8")
    return sums_before(
        author[counted], occurred_ms[counted], amounts[counted], author_id, asked_ms
    ).T.copy()
