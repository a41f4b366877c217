"""Lists of rows by key: the rows of an author, of a category, of a region's popular items."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from generation.arrow_file import Lists, MappedTable, write_table


class IdLists:
    """Memory-mapped `key -> rows`, keys ascending, rows best first.

    Attributes:
        offsets, values: The rows of the key at place `p` are `values[offsets[p]:offsets[p + 1]]`.
    """

    def __init__(self, path: Path) -> None:
        table = MappedTable(path)
        self.keys: npt.NDArray[np.int64] = table.array("key", "i8")
        self._rows = table.lists("rows")
        self.offsets: npt.NDArray[np.int32] = self._rows.offsets
        self.values: npt.NDArray[np.int32] = self._rows.values
        if self.values.dtype != np.int32:
            raise ValueError(f"{path.name} has rows of {self.values.dtype}")

    def rows(self, key: int, limit: int | None = None) -> npt.NDArray[np.int32]:
        """Rows of `key`, at most `limit`, best first, as a view; empty when it has none."""
        at = int(np.searchsorted(self.keys, key))
        if at == len(self.keys) or self.keys[at] != key:
            return np.empty(0, np.int32)
        return self._rows.row(at)[:limit]


def write_id_lists(path: Path, keys: Sequence[int], lists: Sequence[npt.NDArray[np.int32]]) -> int:
    """Write `key -> rows`; keys ascending and distinct."""
    offsets = np.zeros(len(lists) + 1, np.int32)
    np.cumsum([len(rows) for rows in lists], out=offsets[1:])
    values = np.concatenate(lists).astype(np.int32) if lists else np.empty(0, np.int32)
    return write_table(path, {"key": np.asarray(keys, np.int64), "rows": Lists(offsets, values)})
