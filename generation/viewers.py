"""Looks one viewer up in `viewers/viewers.arrow`: mapped and searched by id, nothing in memory."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from generation import layout
from generation.arrow_file import MappedTable
from generation.viewer_columns import PARALLEL_LISTS, VIEWER_COLUMNS

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class BaseViewer:
    """What a generation knows of one viewer: `viewer_columns`, arrays as views over the file.

    Attributes:
        vector: `float16[dim]`, the fitted one; `None` where the model has none.
    """

    region: int
    language: int
    created_ms: int
    last_action_ms: int
    allow_sensitive: bool
    totals: Floats
    vector: npt.NDArray[np.float16] | None
    positive_item_ids: Ids
    positive_ms: Ids
    seen_item_ids: Ids
    seen_ms: Ids
    category_codes: npt.NDArray[np.int32]
    category_impressions: Floats
    category_positives: Floats
    author_ids: Ids
    author_impressions: Floats
    author_positives: Floats


class Viewers:
    """All viewers of one generation. Open it once, after the manifest was verified."""

    def __init__(self, folder: Path) -> None:
        """Map the file below a generation's folder.

        Raises:
            ValueError: it is no Arrow file, lacks a column, or its lists of one group differ in
                length; names it.
        """
        table = MappedTable(folder / layout.VIEWERS)
        self._columns: dict[str, npt.NDArray[Any]] = table.columns(VIEWER_COLUMNS)
        self._ids: Ids = self._columns["viewer_id"]
        self._groups = [_group(table, names) for names in PARALLEL_LISTS]

    def __len__(self) -> int:
        return len(self._ids)

    def find(self, viewer_id: int) -> BaseViewer | None:
        """The viewer with this id; `None` where the generation does not know it."""
        row = int(self._ids.searchsorted(viewer_id))
        if row == len(self._ids) or self._ids[row] != viewer_id:
            return None
        column = self._columns
        lists: dict[str, npt.NDArray[Any]] = {}
        for offsets, values in self._groups:
            of_viewer = slice(offsets.item(row), offsets.item(row + 1))
            for name in values:
                lists[name] = values[name][of_viewer]
        return BaseViewer(
            region=column["region"].item(row),
            language=column["language"].item(row),
            created_ms=column["created_ms"].item(row),
            last_action_ms=column["last_action_ms"].item(row),
            allow_sensitive=bool(column["allow_sensitive"].item(row)),
            totals=column["totals"][row],
            vector=column["vector"][row] if column["has_vector"].item(row) else None,
            **lists,
        )


def _group(
    table: MappedTable, names: tuple[str, ...]
) -> tuple[npt.NDArray[Any], dict[str, npt.NDArray[Any]]]:
    """Where the lists of each viewer begin, and the values of every list of the group."""
    lists = {name: table.lists(name) for name in names}
    offsets = lists[names[0]].offsets
    for name in names[1:]:
        if not np.array_equal(lists[name].offsets, offsets):
            raise ValueError(f"{table.path.name}: {name} and {names[0]} differ in length")
    return offsets, {name: each.values for name, each in lists.items()}
