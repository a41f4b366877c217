"""The items of one shard as the generation has them: mapped files, nothing copied."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ann_shards.base_checks import check_categories, check_lists, check_rows
from generation import layout
from generation.arrow_file import MappedTable
from generation.compiled import INT64S, MAPPED_INT32S, MAPPED_INT64S, compiled, own
from generation.id_lists import IdLists
from generation.item_columns import GROUP, PUBLIC, SHARD_ITEM_COLUMNS
from generation.manifest import InvalidGenerationError

Ids = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]


class BaseItems:
    """Columns and lists of a shard. Rows are ordered by (created_ms, item_id).

    Attributes:
        columns: Name -> mapped array, `SHARD_ITEM_COLUMNS`.
        authors: Author id -> rows, newest first.
        categories: Category code -> rows, most popular first.
        popular: Region code (0: everywhere) -> rows, most popular first.
        restricted: The rows that not everybody may see.
    """

    def __init__(self, folder: Path) -> None:
        """Map the files of a shard folder; they must have been verified before.

        Raises:
            InvalidGenerationError: a file does not fit the code or its neighbours.
        """
        try:
            table = MappedTable(folder / layout.SHARD_ITEMS)
            self.columns = table.columns(SHARD_ITEM_COLUMNS)
            ids = MappedTable(folder / layout.SHARD_ITEM_ROWS)
            self._sorted_ids: Ids = ids.array("item_id", "i8")
            self._rows_by_id: npt.NDArray[np.int32] = ids.array("row", "i4")
            self.authors = IdLists(folder / layout.SHARD_AUTHORS)
            self.categories = IdLists(folder / layout.SHARD_CATEGORIES)
            self.popular = IdLists(folder / layout.SHARD_POPULAR)
            self._check(len(table))
        except (ValueError, OSError) as error:
            raise InvalidGenerationError(f"{folder}: {error}") from error
        self._tables = (table, ids)
        self.count = len(table)
        if len(self._sorted_ids) != self.count:
            raise InvalidGenerationError(
                f"{folder / layout.SHARD_ITEM_ROWS} has {len(self._sorted_ids)} rows, "
                f"{layout.SHARD_ITEMS} {self.count}"
            )
        self.restricted = RestrictedRows(self.columns)

    def _check(self, count: int) -> None:
        """Raises ValueError for what compiled loops must not be given."""
        check_rows(self._rows_by_id, count, layout.SHARD_ITEM_ROWS)
        for name, lists in (
            (layout.SHARD_AUTHORS, self.authors),
            (layout.SHARD_CATEGORIES, self.categories),
            (layout.SHARD_POPULAR, self.popular),
        ):
            check_lists(lists, count, name)
        check_categories(self.columns["categories"], self.categories.keys)

    def find(self, item_ids: Ids) -> Rows:
        """Row of each item; -1 where it is not here. Fastest for ascending ids."""
        return rows_of_ids(self._sorted_ids, self._rows_by_id, own(item_ids))

    def first_row_since(self, created_ms: int) -> int:
        """The first row created at or after a time."""
        return int(np.searchsorted(self.columns["created_ms"], created_ms))


@compiled(INT64S, MAPPED_INT64S, MAPPED_INT32S, INT64S)
def rows_of_ids(sorted_ids: Ids, rows: npt.NDArray[np.int32], wanted: Ids) -> Rows:
    """Row of each wanted id, from ids in order and their rows; -1 where it is absent.

    Goes on from where the last id was in steps that double: neighbours are found at once.
    """
    found = np.full(len(wanted), -1, np.int64)
    low = 0
    for at in range(len(wanted)):
        if at and wanted[at] < wanted[at - 1]:
            low = 0
        step = 1
        while low + step < len(sorted_ids) and sorted_ids[low + step] < wanted[at]:
            low += step
            step *= 2
        high = min(low + step + 1, len(sorted_ids))
        while low < high:
            middle = (low + high) // 2
            if sorted_ids[middle] < wanted[at]:
                low = middle + 1
            else:
                high = middle
        if low < len(sorted_ids) and sorted_ids[low] == wanted[at]:
            found[at] = rows[low]
        low = max(0, low - 1)
    return found


class RestrictedRows:
    """Rows for followers, friends or groups, by the author or group that opens them.

    Kept in an unlinked file, so that a shard with many of them costs page cache and no heap.
    """

    def __init__(self, columns: dict[str, npt.NDArray[Any]]) -> None:
        rows = np.flatnonzero(columns["visibility"] != PUBLIC)
        visibility = columns["visibility"][rows]
        keys = np.where(visibility == GROUP, columns["group_id"][rows], columns["author_id"][rows])
        order = np.lexsort((keys, visibility))
        self._first_of_kind = np.searchsorted(visibility[order], np.arange(GROUP + 2))
        self._keys = _in_file(keys[order])
        self._rows = _in_file(rows[order])

    def __len__(self) -> int:
        return len(self._rows)

    def opened_by(self, visibility: int, keys: Ids) -> Rows:
        """Rows of one visibility whose author or group is in `keys`."""
        start, end = self._first_of_kind[visibility], self._first_of_kind[visibility + 1]
        mine = self._keys[start:end]
        if len(mine) == 0 or len(keys) == 0:
            return np.empty(0, np.int64)
        distinct = np.unique(keys)
        first = np.searchsorted(mine, distinct)
        counts = np.searchsorted(mine, distinct, side="right") - first
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.asarray(self._rows[start + np.repeat(first, counts) + within])


def _in_file(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    if len(values) == 0:
        return values
    with tempfile.TemporaryFile() as file:
        file.write(values.tobytes())
        file.flush()
        return np.memmap(file, np.int64, "r", shape=values.shape)
