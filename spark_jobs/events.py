"""Actions as the build uses them: coded, with the facts of their item beside them."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from generation.counters import COUNTED, COUNTED_ACTIONS
from tables.schema import ACTION_NAMES

_TYPES: dict[str, pa.DataType] = {
    "viewer_id": pa.int64(),
    "item_id": pa.int64(),
    "occurred_ms": pa.int64(),
    "action": pa.int32(),  # position in ACTION_NAMES
    "value": pa.float64(),  # ms watched or dwelt, or a rating; null where absent
    "surface": pa.int32(),  # vocabulary code
    "device": pa.int32(),  # vocabulary code
    "position": pa.int32(),  # place in its feed from 0; -1 where absent
    "feed_id": pa.string(),
    "is_approximate": pa.bool_(),  # history, never a training row
    "author_id": pa.int64(),  # of the item; -1 where unknown
    "item_created_ms": pa.int64(),
    "categories": pa.list_(pa.int32()),  # codes of the item, at most MAX_CATEGORIES
}
EVENT_SCHEMA = pa.schema(_TYPES)
"""Columns of `Workplace.events` and `.histories`: Parquet types that every engine keeps."""

POSITIVE_ACTIONS = ("click", "like", "long_view", "share", "comment")

IS_POSITIVE = np.array([name in POSITIVE_ACTIONS for name in ACTION_NAMES])
"""By action code: whether it says that the viewer liked the item."""

IS_NEGATIVE = np.array([name in ("hide", "report") for name in ACTION_NAMES])

COUNTED_AS = np.array([COUNTED.index(COUNTED_ACTIONS[name]) for name in ACTION_NAMES])
"""By action code: position in `generation.counters.COUNTED`."""

IMPRESSION = ACTION_NAMES.index("impression")


def is_own(
    viewer_id: npt.NDArray[np.int64], author_id: npt.NDArray[np.int64], authors_are_viewers: bool
) -> npt.NDArray[np.bool_]:
    """Which actions are of authors on their own items.

    They are history of the viewer like any other, for who publishes on a subject likes it; but they
    count neither for the item nor for its author: nobody makes himself popular.
    """
    if not authors_are_viewers:
        return np.zeros(len(viewer_id), bool)
    return np.equal(viewer_id, author_id)
