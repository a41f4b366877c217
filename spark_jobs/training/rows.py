"""Finished training rows: the features of serving, from what was known just before each row."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from features.inputs import ContextInputs, CrossInputs, Inputs, ItemInputs, ViewerInputs
from features.matrix import FEATURES, feature_matrix
from generation.arrow_file import MappedTable, find_rows
from generation.item_columns import MAX_CATEGORIES
from spark_jobs.author_statistics import STATISTICS
from spark_jobs.coding import category_matrix, name_codes
from spark_jobs.engine import Receipt
from spark_jobs.history import History, read_history
from spark_jobs.part_files import numbers, part_path, read_part
from spark_jobs.relations import FOLLOWED_BY, FOLLOWS, GROUPS
from spark_jobs.training.people import People
from spark_jobs.training.plan import HOLDOUT_BLOCK, TrainingPlan
from spark_jobs.training.relations_before import related_before
from spark_jobs.training.samples import KEY, LABELS
from spark_jobs.training.viewer_facts import (
    counts_before,
    habit_before,
    recent_before,
    totals_before,
    vectors_before,
)

Columns = dict[str, npt.NDArray[Any]]
PLAIN = ("block", "is_sampled", *LABELS)
FEATURE_PREFIX = "feature_"

ROW_SCHEMA = pa.schema(
    [
        *(pa.field(name, pa.int64()) for name in KEY),
        pa.field("block", pa.int32()),
        pa.field("is_sampled", pa.bool_()),
        *(pa.field(name, pa.int8()) for name in LABELS),
        *(pa.field(FEATURE_PREFIX + feature.name, pa.float32()) for feature in FEATURES),
    ]
)


def write_rows(plan: TrainingPlan, part: int) -> Receipt:
    """Read `samples_with_facts/` and the histories, write `rows/` in the order of `KEY`."""
    table = pq.read_table(part_path(plan.folder / "samples_with_facts", part), partitioning=None)
    history = read_history(plan.workplace, plan.facts, part)
    matrix = feature_matrix(_inputs(plan, part, history, table.combine_chunks()))
    columns = [table[name].combine_chunks() for name in (*KEY, *PLAIN)]
    columns += [pa.array(np.ascontiguousarray(column)) for column in matrix.T]
    target = part_path(plan.rows, part)
    target.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns, schema=ROW_SCHEMA), target, compression="zstd")
    return {"training_rows": len(matrix)}


def _inputs(plan: TrainingPlan, part: int, history: History, table: pa.Table) -> Inputs:
    viewer_id, asked_ms = numbers(table, "viewer_id", "i8"), numbers(table, "occurred_ms", "i8")
    now_ms = asked_ms
    zeros = np.zeros(len(asked_ms), np.int64)
    context = ContextInputs(
        now_ms, zeros, numbers(table, "surface", "i8"), numbers(table, "device", "i8")
    )
    item_vector, viewer_vector = _vectors(plan, history, table)
    items = _items(table, item_vector)
    viewer = _viewer(plan, part, history, viewer_id, asked_ms, viewer_vector)
    return Inputs(viewer, context, items, _cross(plan, part, history, table, items))


def _vectors(plan: TrainingPlan, history: History, table: pa.Table) -> tuple[Any, Any]:
    """Item vectors float16[n, dim] and viewer vectors float32[n, dim], of each row's block."""
    block = numbers(table, "block", "i4")
    viewer_id, asked_ms = numbers(table, "viewer_id", "i8"), numbers(table, "occurred_ms", "i8")
    item_id = numbers(table, "item_id", "i8")
    dim = MappedTable(plan.vectors(HOLDOUT_BLOCK) / "gram.arrow").array("row").shape[1]
    item_vector = np.zeros((len(block), dim), np.float16)
    viewer_vector = np.zeros((len(block), dim), np.float32)
    for number in range(1, HOLDOUT_BLOCK + 1):
        here = np.flatnonzero(block == number)
        served = MappedTable(plan.vectors(number) / "served.arrow")
        at = find_rows(served.array("item_id"), item_id[here])
        item_vector[here[at >= 0]] = served.array("vector")[at[at >= 0]]
        viewer_vector[here] = vectors_before(plan, history, number, viewer_id[here], asked_ms[here])
    return item_vector, viewer_vector


def _items(table: pa.Table, vector: npt.NDArray[np.float16]) -> ItemInputs:
    stored = [numbers(table, name, "f8") for name in ("duration_s", "popularity")]
    stored += [numbers(table, f"author_{name}", "f8") for name in STATISTICS]
    counters = table["counters"].combine_chunks()
    matrix = counters.flatten().to_numpy().reshape(len(counters), -1)
    facts = np.log1p(np.column_stack([*stored, matrix]).astype(np.float32)).astype(np.float16)
    return ItemInputs(
        numbers(table, "item_created_ms", "i8"),
        category_matrix(table["categories"].combine_chunks()),
        numbers(table, "region", "i4"),
        numbers(table, "language", "i4"),
        numbers(table, "is_sensitive", "u1"),
        np.asarray(vector.any(axis=1), np.uint8),
        facts,
        vector,
    )


def _viewer(
    plan: TrainingPlan,
    part: int,
    history: History,
    viewer_id: npt.NDArray[np.int64],
    asked_ms: npt.NDArray[np.int64],
    vector: npt.NDArray[np.float32],
) -> ViewerInputs:
    profiles = read_part(
        plan.workplace.viewers, part, ["viewer_id", "region", "language", "created_ms"]
    )
    at = find_rows(numbers(profiles, "viewer_id", "i8"), viewer_id)
    names = plan.facts.vocabulary

    def of(values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        return np.where(at >= 0, values[at], 0) if len(values) else np.zeros(len(at), np.int64)

    follows, _ = related_before(plan, part, FOLLOWS, viewer_id, viewer_id, asked_ms)
    return ViewerInputs(
        totals=totals_before(history, viewer_id, asked_ms),
        follow_count=follows,
        created_ms=of(numbers(profiles, "created_ms", "i8")),
        region=of(name_codes(profiles["region"], names.regions).astype(np.int64)),
        language=of(name_codes(profiles["language"], names.languages).astype(np.int64)),
        vector=vector,
        **recent_before(history, viewer_id, asked_ms),
        **habit_before(history, viewer_id, asked_ms),
    )


def _cross(
    plan: TrainingPlan, part: int, history: History, table: pa.Table, items: ItemInputs
) -> CrossInputs:
    viewer_id, asked_ms = numbers(table, "viewer_id", "i8"), numbers(table, "occurred_ms", "i8")
    author_id, group_id = numbers(table, "author_id", "i8"), numbers(table, "group_id", "i8")
    impressions = np.zeros((len(viewer_id), MAX_CATEGORIES), np.float32)
    positives = np.zeros_like(impressions)
    counted = np.flatnonzero(history.counted[history.category_events])
    events = history.category_events[counted]
    codes = history.category_codes[counted].astype(np.int64)
    for place in range(MAX_CATEGORIES):
        rows = np.flatnonzero(items.categories[:, place] > 0)
        asked = items.categories[rows, place].astype(np.int64)
        impressions[rows, place], positives[rows, place] = counts_before(
            history, events, codes, viewer_id[rows], asked, asked_ms[rows]
        )
    others = np.flatnonzero(history.counted & (history.author_id >= 0) & ~history.own)
    author = counts_before(
        history, others, history.author_id[others], viewer_id, author_id, asked_ms
    )
    _, follows = related_before(plan, part, FOLLOWS, viewer_id, author_id, asked_ms)
    _, followed = related_before(plan, part, FOLLOWED_BY, viewer_id, author_id, asked_ms)
    _, same_group = related_before(plan, part, GROUPS, viewer_id, group_id, asked_ms)
    second = People.open(plan).is_second_degree(viewer_id, author_id, asked_ms)
    return CrossInputs(
        category_impressions=impressions,
        category_positives=positives,
        author_impressions=author[0],
        author_positives=author[1],
        follows_author=follows.astype(np.uint8),
        is_friend=(follows & followed).astype(np.uint8),
        same_group=same_group.astype(np.uint8),
        follow_distance=np.where(follows, 1, np.where(second, 2, 3)).astype(np.float32),
        friends_liked=numbers(table, "friends_liked", "f4"),
    )
