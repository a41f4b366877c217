"""A data folder small enough to know every answer by heart.

Authors are viewers. Author 5 made items 10 and 11, author 6 made 12, nobody is named for 13. Times
are whole hours before NOON. Viewers 1, 2 and 3 liked item 10, so it alone has three positives; its
author liked it too. Viewer 1 clicked 12, then hid it. Viewer 2 clicked 13 live, and the bus brought
that click twice.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from generation.arrow_file import write_table
from spark_jobs.build_context import BuildContext
from spark_jobs.engine import Receipt
from spark_jobs.vector_fit import AlsSettings, VectorFit
from tables.dataset import DatasetInfo
from tables.schema import TABLES

NOON_MS = 1_750_000_000_000
HOUR_MS = 3_600_000
Row = Mapping[str, Any]

DEFAULTS: dict[str, Row] = {
    "actions": {"approximate_time": False},
    "items": {"is_sensitive": False, "visibility": "public", "categories": []},
    "viewers": {"allow_sensitive": False},
}


def action(viewer: int, item: int, name: str, hours_ago: float, **more: Any) -> Row:
    occurred_ms = NOON_MS - int(hours_ago * HOUR_MS)
    return {
        "viewer_id": viewer, "item_id": item, "action": name, "occurred_ms": occurred_ms, **more
    }  # fmt: skip


def item(item_id: int, hours_ago: float, **more: Any) -> Row:
    return {"item_id": item_id, "created_ms": NOON_MS - int(hours_ago * HOUR_MS), **more}


ITEMS = [
    item(10, 48, author_id=5, categories=["cats"], region="north", duration_ms=1_500, title="Tom"),
    item(11, 24, author_id=5, categories=["cats", "dogs"], is_sensitive=True),
    item(12, 12, author_id=6, categories=["dogs"], group_id=500, visibility="group"),
    item(13, 72, language="en"),
]
ACTIONS = [
    action(1, 10, "impression", 4, value=2_000.0, surface="home", device="phone"),
    action(1, 10, "like", 3),
    action(2, 10, "like", 2),
    action(3, 10, "like", 1, approximate_time=True),
    action(5, 10, "like", 1),
    action(1, 12, "click", 6),
    action(1, 12, "hide", 5),
]
LIVE = [
    action(2, 13, "click", 0, action_id="a", partition=3, bus_offset=7),
    action(2, 13, "click", 0, action_id="a", partition=3, bus_offset=9),
]
VIEWERS = [{"viewer_id": i, "region": "north" if i < 3 else None} for i in (1, 2, 3, 4, 5, 6)]
FOLLOWS = [
    {"viewer_id": 1, "author_id": 6, "created_ms": NOON_MS},
    {"viewer_id": 1, "author_id": 5, "created_ms": NOON_MS - HOUR_MS},
    {"viewer_id": 1, "author_id": 4, "created_ms": NOON_MS - HOUR_MS},
    {"viewer_id": 5, "author_id": 1},
    {"viewer_id": 5, "author_id": 5},
]


def write_data(
    folder: Path, *, authors_are_viewers: bool = True, live: Iterable[Row] = LIVE
) -> Path:
    """Write the data above. Returns `folder`."""
    tables: dict[str, list[Row]] = {
        "actions": ACTIONS,
        "items": ITEMS,
        "viewers": VIEWERS,
        "authors": [{"author_id": 5, "display_name": "Eve"}],
        "memberships": [{"viewer_id": 1, "group_id": 500}],
        "follows": FOLLOWS,
        "blocks": [{"viewer_id": 2, "author_id": 6}],
        "mutes": [{"viewer_id": 3, "author_id": 5}],
    }
    for name, rows in tables.items():
        write_rows(folder, name, rows, 0)
    write_rows(folder, "actions", list(live), 1)
    DatasetInfo("canonical", authors_are_viewers, True, "data", NOON_MS, {}, {}).write(folder)
    return folder


def write_rows(folder: Path, table: str, rows: list[Row], part: int) -> None:
    """Write one file of a table, absent columns null or their default."""
    schema = TABLES[table].arrow_schema()
    full = [{**DEFAULTS.get(table, {}), **row} for row in rows]
    (folder / table).mkdir(parents=True, exist_ok=True)
    path = folder / table / f"part-{part:05d}.parquet"
    pq.write_table(pa.Table.from_pylist(full, schema=schema), path)


class GivenVectors:
    """A `VectorFit` whose vectors follow from the ids: every engine is given the same."""

    def fit(self, positives: Path, out: Path, settings: AlsSettings) -> None:
        table = pq.read_table(positives, columns=["viewer_id", "item_id"])
        for name, file in (("item_id", "items.arrow"), ("viewer_id", "viewers.arrow")):
            ids = np.unique(table[name].to_numpy())
            phase = np.outer(ids % 997 + 1.0, np.arange(1, settings.dim + 1))
            write_table(out / file, {name: ids, "vector": np.sin(phase).astype(np.float32)})


def no_models(
    context: BuildContext,  # noqa: ARG001
    fit: VectorFit,  # noqa: ARG001
    settings: AlsSettings,  # noqa: ARG001
) -> list[Receipt]:
    """A `Train` for tests of everything else, which need not wait for it."""
    return []
