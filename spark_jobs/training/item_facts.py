"""Completes training rows with the facts of their item as they were just before each row."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from generation.arrow_file import find_rows
from generation.counters import COUNTED, COUNTER_COLUMNS, HORIZONS
from spark_jobs.coding import category_codes, category_matrix, name_codes
from spark_jobs.engine import Receipt
from spark_jobs.events import COUNTED_AS, IS_POSITIVE, is_own
from spark_jobs.part_files import numbers, part_path, read_part
from spark_jobs.training.as_of import sums_before
from spark_jobs.training.people import People
from spark_jobs.training.plan import TrainingPlan
from spark_jobs.training.samples import SAMPLE_SCHEMA

Columns = dict[str, npt.NDArray[Any]]
ITEM_COLUMNS = (
    "item_id", "author_id", "created_ms", "group_id", "region", "language", "is_sensitive",
    "duration_ms", "categories",
)  # fmt: skip
EVENT_COLUMNS = ("viewer_id", "item_id", "occurred_ms", "action", "author_id", "is_approximate")
MS_PER_S = 1_000.0


def item_facts(plan: TrainingPlan, shard: int) -> Receipt:
    """Read `samples_by_item/`, write `item_facts/`: the sample and what is known of its item."""
    samples = read_part(plan.folder / "samples_by_item", shard, SAMPLE_SCHEMA.names)
    item_id, asked_ms = numbers(samples, "item_id", "i8"), numbers(samples, "occurred_ms", "i8")
    events = _events(plan, shard)
    columns = _static(plan, shard, item_id)
    columns |= _counters(plan, events, item_id, asked_ms)
    people = People.open(plan)
    columns["friends_liked"] = people.who_liked(
        events["viewer_id"], events["item_id"], events["occurred_ms"], events["positive"],
        numbers(samples, "viewer_id", "i8"), item_id, asked_ms,
    )  # fmt: skip
    for name, values in columns.items():
        samples = samples.append_column(name, _arrow(values))
    target = part_path(plan.folder / "item_facts", shard)
    target.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(samples, target)
    return {"samples": len(item_id)}


def _arrow(values: npt.NDArray[Any]) -> Any:
    """Matrices become plain lists, which every engine keeps."""
    if values.ndim == 1:
        return pa.array(values)
    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    return pa.ListArray.from_arrays(
        np.arange(0, values.size + 1, values.shape[1], dtype=np.int32), flat
    )


def _events(plan: TrainingPlan, shard: int) -> Columns:
    """The shard's actions; `others` are not of the item's author, `counted` also at known times."""
    table = read_part(plan.workplace.events, shard, EVENT_COLUMNS)
    columns: Columns = {
        name: numbers(table, name, "i8") for name in ("viewer_id", "item_id", "occurred_ms")
    }
    columns["action"] = numbers(table, "action", "i4")
    columns["positive"] = IS_POSITIVE[columns["action"]]
    author_id = numbers(table, "author_id", "i8", -1)
    others = ~is_own(columns["viewer_id"], author_id, plan.facts.authors_are_viewers)
    columns["others"] = others
    columns["counted"] = others & ~table["is_approximate"].to_numpy()
    return columns


def _static(plan: TrainingPlan, shard: int, item_id: npt.NDArray[np.int64]) -> Columns:
    items = read_part(plan.workplace.items, shard, ITEM_COLUMNS)
    ids = numbers(items, "item_id", "i8")
    by_id = np.argsort(ids, kind="stable")
    at = by_id[find_rows(ids[by_id], item_id)]
    names = plan.facts.vocabulary
    return {
        "author_id": numbers(items, "author_id", "i8", -1)[at],
        "item_created_ms": numbers(items, "created_ms", "i8")[at],
        "group_id": numbers(items, "group_id", "i8", -1)[at],
        "region": name_codes(items["region"], names.regions)[at],
        "language": name_codes(items["language"], names.languages)[at],
        "is_sensitive": numbers(items, "is_sensitive", "i4")[at],  # Spark takes no unsigned ones
        "duration_s": numbers(items, "duration_ms", "i8")[at] / MS_PER_S,
        "categories": category_matrix(category_codes(items["categories"], names.categories))[at],
    }


def _counters(
    plan: TrainingPlan,
    events: Columns,
    item_id: npt.NDArray[np.int64],
    asked_ms: npt.NDArray[np.int64],
) -> Columns:
    keep = events["counted"]
    key, ms, action = (events[name][keep] for name in ("item_id", "occurred_ms", "action"))
    amounts = np.eye(len(COUNTED))[COUNTED_AS[action]]
    counters = np.empty((len(item_id), len(COUNTER_COLUMNS)))
    for number, horizon in enumerate(HORIZONS):
        columns = slice(number * len(COUNTED), (number + 1) * len(COUNTED))
        counters[:, columns] = sums_before(
            key, ms, amounts, item_id, asked_ms, horizon.half_life_ms
        )
    liked = events["others"] & events["positive"]
    popularity = sums_before(
        events["item_id"][liked], events["occurred_ms"][liked], np.ones((int(liked.sum()), 1)),
        item_id, asked_ms, plan.facts.popularity_half_life_ms,
    )  # fmt: skip
    return {"counters": counters, "popularity": popularity[:, 0]}
