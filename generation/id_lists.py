"""Lists of rows by key: the rows of an author, of a category, of a region's popular items."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from generation.arrow_file import Lists, MappedTable, find_rows, write_table


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

    def rows_of_all(
        self, keys: npt.NDArray[np.int64], limit_each: int, skip_each: int = 0
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """At most `limit_each` rows of every key but the first `skip_each`, in the order of `keys`.

        Returns:
            Rows `int32[m]` and, for each, the position of its key in `keys`, `int64[m]`.
        """
        return self.rows_at(self.places(keys), limit_each, skip_each)

    def places(self, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Where the lists of the keys are, `int64[k]`; -1 for keys without one."""
        return find_rows(self.keys, keys)

    def rows_at(
        self, places: npt.NDArray[np.int64], limit_each: int, skip_each: int = 0
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """As `rows_of_all`, of the keys that `places` stands for."""
        position = np.flatnonzero(places >= 0)
        at = places[position]
        starts = self._rows.offsets[at].astype(np.int64) + skip_each
        counts = np.minimum(np.maximum(self._rows.offsets[at + 1] - starts, 0), limit_each)
        ends = np.cumsum(counts)
        owner = np.repeat(position, counts)
        rows = self._rows.values.take(
            np.arange(len(owner)) + np.repeat(starts - (ends - counts), counts)
        )
        return rows, owner


def write_id_lists(path: Path, keys: Sequence[int], lists: Sequence[npt.NDArray[np.int32]]) -> int:
    """Write `key -> rows`; keys ascending and distinct."""
    offsets = np.zeros(len(lists) + 1, np.int32)
    np.cumsum([len(rows) for rows in lists], out=offsets[1:])
    values = np.concatenate(lists).astype(np.int32) if lists else np.empty(0, np.int32)
    return write_table(path, {"key": np.asarray(keys, np.int64), "rows": Lists(offsets, values)})
