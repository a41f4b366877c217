"""Looks one viewer up in `viewers/viewers.arrow`: mapped and searched by id, nothing in memory."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from generation import layout
from generation.arrow_file import MappedTable
from generation.viewer_columns import VIEWER_COLUMNS, VIEWER_LISTS

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
            ValueError: it is no Arrow file, or lacks a column; names it.
        """
        table = MappedTable(folder / layout.VIEWERS)
        self._columns: dict[str, npt.NDArray[Any]] = table.columns(VIEWER_COLUMNS)
        self._ids: Ids = self._columns["viewer_id"]
        self._lists = {name: table.lists(name) for name in VIEWER_LISTS}

    def __len__(self) -> int:
        return len(self._ids)

    def find(self, viewer_id: int) -> BaseViewer | None:
        """The viewer with this id; `None` where the generation does not know it."""
        row = int(np.searchsorted(self._ids, viewer_id))
        if row == len(self._ids) or self._ids[row] != viewer_id:
            return None
        column = self._columns
        return BaseViewer(
            region=int(column["region"][row]),
            language=int(column["language"][row]),
            created_ms=int(column["created_ms"][row]),
            last_action_ms=int(column["last_action_ms"][row]),
            allow_sensitive=bool(column["allow_sensitive"][row]),
            totals=column["totals"][row],
            vector=column["vector"][row] if column["has_vector"][row] else None,
            **{name: values.row(row) for name, values in self._lists.items()},
        )
