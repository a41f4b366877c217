"""Names to codes: how the words of the data become the small numbers that services use."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from generation.item_columns import MAX_CATEGORIES
from generation.vocabulary import Names


def category_codes(column: Any, names: Names) -> Any:
    """The first `MAX_CATEGORIES` codes of every row's category names, repeats left out.

    Returns:
        An Arrow array of lists of int32.
    """
    is_chunked = isinstance(column, pa.ChunkedArray)
    lists: Any = column.combine_chunks() if is_chunked else column
    codes = name_codes(lists.flatten(), names)
    row = np.repeat(np.arange(len(lists)), _lengths(lists))
    _, first = np.unique(row * (len(names) + 1) + codes, return_index=True)
    kept = np.sort(first)
    kept = kept[codes[kept] > 0]
    row, codes = row[kept], codes[kept]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    row, codes = row[place < MAX_CATEGORIES], codes[place < MAX_CATEGORIES]
    offsets = np.searchsorted(row, np.arange(len(lists) + 1)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(codes, pa.int32()))


def _lengths(lists: Any) -> npt.NDArray[np.int64]:
    return np.asarray(pc.list_value_length(lists).fill_null(0)).astype(np.int64)


def positions(column: Any, names: tuple[str, ...]) -> npt.NDArray[np.int32]:
    """Position of every value in `names`, which has them all."""
    found = pc.index_in(column, value_set=pa.array(names, pa.string()))
    return np.asarray(found).astype(np.int32)


def name_codes(column: Any, names: Names) -> npt.NDArray[np.int32]:
    """Vocabulary code of every value; 0 for null and unknown."""
    at: Any = pc.index_in(column, value_set=pa.array(names.names, pa.string()), skip_nulls=True)
    return np.asarray(at.fill_null(-1)).astype(np.int32) + np.int32(1)


def category_matrix(lists: Any) -> npt.NDArray[np.int32]:
    """`int32[n, MAX_CATEGORIES]`, filled up with 0."""
    lengths = np.diff(lists.offsets.to_numpy())
    row = np.repeat(np.arange(len(lists)), lengths)
    place = np.arange(len(row)) - np.repeat(lists.offsets.to_numpy()[:-1], lengths)
    matrix = np.zeros((len(lists), MAX_CATEGORIES), np.int32)
    matrix[row, place] = lists.flatten().to_numpy()
    return matrix
