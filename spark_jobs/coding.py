"""Names to codes: how the words of the data become the small numbers that services use."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from generation.item_columns import MAX_CATEGORIES
from generation.vocabulary import Names


def category_codes(column: Any, names: Names) -> Any:
    """The first `MAX_CATEGORIES` codes of every row's category names, repeats left out:
    an Arrow array of lists of int32."""
    lists = [
        list(dict.fromkeys(filter(None, map(names.code, row or ()))))[:MAX_CATEGORIES]
        for row in column.to_pylist()
    ]
    return pa.array(lists, pa.list_(pa.int32()))


def positions(column: Any, names: tuple[str, ...]) -> npt.NDArray[np.int32]:
    """Position of every value in `names`, which has them all."""
    found = pc.index_in(column, value_set=pa.array(names, pa.string()))
    return np.asarray(found).astype(np.int32)


def name_codes(column: Any, names: Names) -> npt.NDArray[np.int32]:
    """Vocabulary code of every value; 0 for null and unknown."""
    at: Any = pc.index_in(column, value_set=pa.array(names.names, pa.string()), skip_nulls=True)
    return np.asarray(at.fill_null(-1)).astype(np.int32) + np.int32(1)
