"""Looks at the numbers of a shard's files before compiled loops follow them: they check nothing.

The manifest's hashes say that files are as they were written, not that they were written well.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from generation.id_lists import IdLists

MAX_CATEGORY_CODE = 1_000_000
BLOCK_ROWS = 1 << 20
"""Rows looked at at a time, so that scratch memory does not grow with the shard."""


def check_rows(rows: npt.NDArray[Any], count: int, name: str) -> None:
    """Raises ValueError unless all are rows of a table of `count` rows."""
    _check_range(rows, count - 1, name)


def check_lists(lists: IdLists, count: int, name: str) -> None:
    """Raises ValueError unless keys ascend and all lists are of rows of `count` rows.

    That offsets stay within the values was checked when the file was mapped.
    """
    if (lists.keys[1:] <= lists.keys[:-1]).any():
        raise ValueError(f"{name} has keys that do not ascend")
    check_rows(lists.values, count, name)


def check_categories(categories: npt.NDArray[np.int32], keys: npt.NDArray[np.int64]) -> None:
    """Raises ValueError for codes that are none, of items or of lists."""
    _check_range(categories, MAX_CATEGORY_CODE, "categories of items")
    _check_range(keys, MAX_CATEGORY_CODE, "categories with lists")


def _check_range(values: npt.NDArray[Any], last: int, name: str) -> None:
    for start in range(0, len(values), BLOCK_ROWS):
        block = values[start : start + BLOCK_ROWS]
        low, high = int(block.min()), int(block.max())
        if low < 0 or high > last:
            raise ValueError(f"{name}: {low if low < 0 else high} is outside of [0, {last}]")
