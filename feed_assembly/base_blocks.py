"""Blocks and mutes as of the generation, read from its graph files without asking social_graph.

The floor is for when neighbours fail, and nobody may meet there whom they blocked. What was blocked
since is in the session record; both together are all there is.
"""

from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from generation import layout
from generation.arrow_file import MappedTable
from generation.graph_records import Kind, key, unpack
from generation.manifest import Manifest

Ids = npt.NDArray[np.int64]
HIDING = (Kind.BLOCKS, Kind.BLOCKED_BY, Kind.MUTES)


def is_graph_file(name: str) -> bool:
    return name.startswith(f"{layout.GRAPH}/")


class BaseBlocks:
    """Memory-mapped; a look-up takes well under a millisecond."""

    def __init__(self, parts: Sequence[MappedTable]) -> None:
        """`parts` in the order of their keys, which ascend over all of them."""
        filled = [part for part in parts if len(part)]
        self._tables = filled
        self._keys = [_Keys(part.strings("key")) for part in filled]
        self._values = [part.strings("value") for part in filled]
        self._first_keys = [keys[0] for keys in self._keys]

    @staticmethod
    def open(folder: Path, manifest: Manifest) -> "BaseBlocks":
        """Map the graph of a verified generation.

        Raises:
            ValueError: a file lacks a column.
        """
        names = sorted(filter(is_graph_file, manifest.files))
        return BaseBlocks([MappedTable(folder / name) for name in names])

    def author_ids(self, viewer_id: int) -> Ids:
        """`int64[n]`, ascending: blocked by or blocking the viewer, or muted."""
        found = [self._ids(kind, viewer_id) for kind in HIDING]
        return np.unique(np.concatenate(found))

    def _ids(self, kind: Kind, viewer_id: int) -> Ids:
        wanted = key(kind, viewer_id)
        part = bisect_left(self._first_keys, wanted + b"\0") - 1
        if part < 0:
            return np.empty(0, np.int64)
        row = bisect_left(self._keys[part], wanted)
        if row == len(self._keys[part]) or self._keys[part][row] != wanted:
            return np.empty(0, np.int64)
        ids: Ids
        (ids,) = unpack(kind, self._values[part][row].as_py())
        return ids


class _Keys(Sequence[bytes]):
    """A column of keys, one read at a time."""

    def __init__(self, column: Any) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, row: Any) -> Any:
        return self._column[row].as_py()
