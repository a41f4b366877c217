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
from generation.sorted_ids import places_of

Ids = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]


class BaseItems:
    """Columns and lists of a shard. Rows are ordered by (created_ms, item_id).

    Attributes:
        columns: Name -> mapped array, `SHARD_ITEM_COLUMNS`.
        authors: Author id -> rows, newest first.
        categories: Category code -> rows, most popular first.
        popular: Region code (0: everywhere) -> rows, most popular first.
        sorted_ids, rows_by_id: Ids ascending, and the row of each.
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
            self.sorted_ids: Ids = ids.array("item_id", "i8")
            self.rows_by_id: npt.NDArray[np.int32] = ids.array("row", "i4")
            self.authors = IdLists(folder / layout.SHARD_AUTHORS)
            self.categories = IdLists(folder / layout.SHARD_CATEGORIES)
            self.popular = IdLists(folder / layout.SHARD_POPULAR)
            self._check(len(table))
        except (ValueError, OSError) as error:
            raise InvalidGenerationError(f"{folder}: {error}") from error
        self._tables = (table, ids)
        self.count = len(table)
        if len(self.sorted_ids) != self.count:
            raise InvalidGenerationError(
                f"{folder / layout.SHARD_ITEM_ROWS} has {len(self.sorted_ids)} rows, "
                f"{layout.SHARD_ITEMS} {self.count}"
            )
        self.restricted = RestrictedRows(self.columns)

    def _check(self, count: int) -> None:
        """Raises ValueError for what compiled loops must not be given."""
        check_rows(self.rows_by_id, count, layout.SHARD_ITEM_ROWS)
        for name, lists in (
            (layout.SHARD_AUTHORS, self.authors),
            (layout.SHARD_CATEGORIES, self.categories),
            (layout.SHARD_POPULAR, self.popular),
        ):
            check_lists(lists, count, name)
        check_categories(self.columns["categories"], self.categories.keys)

    def find(self, item_ids: Ids) -> Rows:
        """Row of each item; -1 where it is not here."""
        return rows_of_ids(self.sorted_ids, self.rows_by_id, own(item_ids))


@compiled(INT64S, MAPPED_INT64S, MAPPED_INT32S, INT64S)
def rows_of_ids(sorted_ids: Ids, rows: npt.NDArray[np.int32], wanted: Ids) -> Rows:
    """Row of each wanted id, from ids in order and their rows; -1 where it is absent."""
    found = places_of(sorted_ids, wanted)
    for at in range(len(found)):
        if found[at] >= 0:
            found[at] = rows[found[at]]
    return found


class RestrictedRows:
    """Rows for followers, friends or groups, by the author or group that opens them.

    Attributes:
        keys, rows: By visibility, then by the author or group `keys`, ascending.
        ends: Those of visibility `v` are `rows[ends[v]:ends[v + 1]]`.

    Kept in an unlinked file, so that a shard with many of them costs page cache and no heap.
    """

    def __init__(self, columns: dict[str, npt.NDArray[Any]]) -> None:
        rows = np.flatnonzero(columns["visibility"] != PUBLIC)
        visibility = columns["visibility"][rows]
        keys = np.where(visibility == GROUP, columns["group_id"][rows], columns["author_id"][rows])
        order = np.lexsort((keys, visibility))
        self.ends = np.searchsorted(visibility[order], np.arange(GROUP + 2))
        self.keys = _in_file(keys[order])
        self.rows = _in_file(rows[order])

    def __len__(self) -> int:
        return len(self.rows)


def _in_file(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    if len(values) == 0:
        values.setflags(write=False)
        return values
    with tempfile.TemporaryFile() as file:
        file.write(values.tobytes())
        file.flush()
        return np.asarray(np.memmap(file, np.int64, "r", shape=values.shape))
