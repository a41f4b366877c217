"""What a generation knows of each viewer: profile, totals, histories, affinities, own vector."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from generation import layout
from generation.arrow_file import Lists, MappedTable, find_rows, write_table
from generation.counters import COUNTED
from generation.viewer_columns import (
    MAX_AUTHOR_COUNTS,
    MAX_CATEGORY_COUNTS,
    MAX_POSITIVES,
    MAX_SEEN,
    VIEWER_LISTS,
    VIEWER_TOTALS,
)
from spark_jobs.build_context import Facts, Workplace
from spark_jobs.coding import name_codes
from spark_jobs.engine import Receipt
from spark_jobs.events import COUNTED_AS, IMPRESSION
from spark_jobs.history import (
    History,
    Pairs,
    counted_pairs,
    latest_items,
    read_history,
    taste,
)
from spark_jobs.part_files import numbers, one_array, part_path, read_part
from spark_jobs.relations import FOLLOWS

Longs = npt.NDArray[np.int64]
MS_PER_S = 1_000.0


def viewer_base(workplace: Workplace, facts: Facts, part: int) -> Receipt:
    """Write `viewer_base/part-{part}.arrow`: VIEWER_COLUMNS and VIEWER_LISTS of one partition."""
    history = read_history(workplace, facts, part)
    profiles = read_part(
        workplace.viewers,
        part,
        ["viewer_id", "region", "language", "created_ms", "allow_sensitive"],
    )
    viewers = np.union1d(numbers(profiles, "viewer_id", "i8"), history.viewer_id)
    columns: dict[str, Any] = {
        **_profile(viewers, profiles, facts),
        "last_action_ms": _last_action_ms(history, viewers),
        "totals": _totals(history, viewers),
        "follow_count": _follow_count(workplace, part, viewers),
        **_vectors(workplace, viewers),
        **_lists(history, viewers),
    }
    rows = write_table(part_path(workplace.scratch / "viewer_base", part, "arrow"), columns)
    return {"viewers": rows}


def join_viewer_base(workplace: Workplace, facts: Facts, _task: int) -> Receipt:
    """Write `viewers/viewers.arrow` from the partitions. One task, as it is one file by id."""
    batches = [
        MappedTable(part_path(workplace.scratch / "viewer_base", part, "arrow")).batch
        for part in range(facts.viewer_partitions)
    ]
    table = pa.Table.from_batches(batches)
    order = np.argsort(table["viewer_id"].to_numpy(), kind="stable")
    table = table.take(order)
    columns = {name: one_array(table[name]) for name in table.column_names}
    return {"rows": {layout.VIEWERS: write_table(workplace.output / layout.VIEWERS, columns)}}


def _profile(viewers: Longs, profiles: pa.Table, facts: Facts) -> dict[str, npt.NDArray[Any]]:
    at = find_rows(numbers(profiles, "viewer_id", "i8"), viewers)
    known, names = at >= 0, facts.vocabulary

    def of(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        filled = np.zeros(len(viewers), values.dtype)
        filled[known] = values[at[known]]
        return filled

    return {
        "viewer_id": viewers,
        "region": of(name_codes(profiles["region"], names.regions)),
        "language": of(name_codes(profiles["language"], names.languages)),
        "created_ms": of(numbers(profiles, "created_ms", "i8")),
        "allow_sensitive": of(numbers(profiles, "allow_sensitive", "u1")),
    }


def _last_action_ms(history: History, viewers: Longs) -> Longs:
    latest = np.zeros(len(viewers), np.int64)
    np.maximum.at(latest, np.searchsorted(viewers, history.viewer_id), history.occurred_ms)
    return latest


def _totals(history: History, viewers: Longs) -> npt.NDArray[np.float32]:
    totals = np.zeros((len(viewers), len(VIEWER_TOTALS)))
    row, counted = np.searchsorted(viewers, history.viewer_id), history.counted
    np.add.at(totals, (row[counted], COUNTED_AS[history.action[counted]]), 1)
    dwelt = counted & (history.action == IMPRESSION) & ~np.isnan(history.value)
    np.add.at(totals[:, len(COUNTED)], row[dwelt], history.value[dwelt] / MS_PER_S)
    np.add.at(totals[:, len(COUNTED) + 1], row[dwelt], 1)
    return totals.astype(np.float32)


def _follow_count(workplace: Workplace, part: int, viewers: Longs) -> npt.NDArray[np.float32]:
    relations = read_part(workplace.relations, part, ["viewer_id", "kind"])
    followers = numbers(relations, "viewer_id", "i8")[numbers(relations, "kind", "i4") == FOLLOWS]
    row = find_rows(viewers, followers)
    return np.bincount(row[row >= 0], minlength=len(viewers)).astype(np.float32)


def _vectors(workplace: Workplace, viewers: Longs) -> dict[str, npt.NDArray[Any]]:
    fitted = MappedTable(workplace.vectors / "viewers.arrow")
    vectors = fitted.array("vector")
    at = find_rows(fitted.array("viewer_id"), viewers)
    found = np.zeros((len(viewers), vectors.shape[1]), np.float16)
    found[at >= 0] = vectors[at[at >= 0]]
    return {"has_vector": (at >= 0).astype(np.uint8), "vector": found}


def _lists(history: History, viewers: Longs) -> dict[str, Lists]:
    everything = np.ones(len(history.viewer_id), bool)
    positives = latest_items(history, viewers, taste(history), MAX_POSITIVES)
    seen = latest_items(history, viewers, everything, MAX_SEEN)
    impression = history.counted & (history.action == IMPRESSION)
    positive = history.counted & history.positive
    at = history.category_events
    categories = counted_pairs(
        viewers,
        history.viewer_id[at],
        history.category_codes.astype(np.int64),
        impression[at],
        positive[at],
        MAX_CATEGORY_COUNTS,
    )
    others = (history.author_id >= 0) & ~history.own
    authors = counted_pairs(
        viewers,
        history.viewer_id,
        history.author_id,
        impression & others,
        positive & others,
        MAX_AUTHOR_COUNTS,
    )
    groups = (positives, seen, categories, authors)
    return dict(zip(VIEWER_LISTS, _columns_of(groups), strict=True))


def _columns_of(groups: tuple[Pairs, ...]) -> list[Lists]:
    """The columns of every group, in the order of VIEWER_LISTS."""
    dtypes = iter(VIEWER_LISTS.values())
    return [
        Lists(group.first.astype(np.int32), values.astype(next(dtypes)))
        for group in groups
        for values in (group.other, *group.amounts)
    ]
