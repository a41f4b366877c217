"""The key-value records of the social graph, as Spark writes them and RocksDB holds them.

A key is one byte for the kind and the id as 8 bytes big-endian, so that a sorted file is ordered by
(kind, id). A value is the packed little-endian arrays named below, one after another, all of the
same length; the length follows from the number of bytes.
"""

import struct
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

ID_BYTES = 8
MAX_NEGATIVES = 512
"""Of a viewer, the newest."""


class Kind(Enum):
    """What a record says about its id, and the arrays in its value."""

    BLOCKED_BY = (b"b", ("i8",))  # viewers who block this one, ascending
    BLOCKS = (b"B", ("i8",))  # authors this viewer blocks, ascending
    FOLLOWS = (b"F", ("i8", "f4"))  # authors followed and affinity >= 0, best first
    FRIENDS = (b"R", ("i8",))  # mutual follows, ascending
    GROUPS = (b"G", ("i8",))  # groups joined, ascending
    MUTES = (b"M", ("i8",))  # authors muted, ascending
    NEGATIVES = (b"N", ("i8", "i8"))  # item ids hidden or reported and Unix ms, newest first
    POSITIVES = (b"P", ("i8", "i8"))  # item ids liked, clicked, ... and Unix ms, newest first

    def __init__(self, prefix: bytes, dtypes: tuple[str, ...]) -> None:
        self.prefix = prefix
        self.dtypes = dtypes
        self.row_bytes = sum(np.dtype(dtype).itemsize for dtype in dtypes)


def key(kind: Kind, entity_id: int) -> bytes:
    """The record's key. `entity_id` is in [0, 2**63)."""
    return kind.prefix + struct.pack(">q", entity_id)


def keys_of_all(kind: Kind, entity_ids: npt.NDArray[np.int64]) -> list[bytes]:
    """Keys of the records of one kind of many, `int64[n]`: a quarter of the time of one by one."""
    prefix, packed = kind.prefix, entity_ids.astype(">i8").tobytes()
    return [prefix + packed[at : at + ID_BYTES] for at in range(0, len(packed), ID_BYTES)]


def pack(kind: Kind, *arrays: npt.NDArray[Any]) -> bytes:
    """Encode parallel arrays in the order and types of `kind`."""
    return b"".join(
        np.ascontiguousarray(array, f"<{dtype}").tobytes()
        for array, dtype in zip(arrays, kind.dtypes, strict=True)
    )


def row_count(kind: Kind, value: bytes) -> int:
    """How many rows a value has.

    Raises:
        ValueError: the bytes are not a whole number of rows.
    """
    rows, rest = divmod(len(value), kind.row_bytes)
    if rest:
        raise ValueError(
            f"{len(value)} bytes are no whole number of {kind.name} rows of {kind.row_bytes}"
        )
    return rows


def unpack(kind: Kind, value: bytes) -> tuple[npt.NDArray[Any], ...]:
    """Decode to read-only views over `value`.

    Raises:
        ValueError: the bytes are not a whole number of rows.
    """
    rows = row_count(kind, value)
    arrays = []
    start = 0
    for dtype in kind.dtypes:
        arrays.append(np.frombuffer(value, f"<{dtype}", rows, start))
        start += rows * np.dtype(dtype).itemsize
    return tuple(arrays)
