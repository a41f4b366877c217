"""The overlay of one viewer: what the bus said since the generation, packed into one blob.

The blob is the format number, the length of each array, the time of the last action, then the
arrays, little-endian, widest first so that all are aligned. There is no migration between formats:
keys carry the format, so a new one finds nothing and is built from the bus again.
"""

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from generation.viewer_columns import VIEWER_TOTALS

FORMAT = 1

MAX_WITHDRAWN = 512
MAX_RECENT = 512
MAX_CATEGORIES_KEPT = 256
MAX_AUTHORS_KEPT = 512
"""Counts beyond these, the smallest, are forgotten; a read keeps fewer still, base included."""

RECENT_CLICK, RECENT_IMPRESSION = 1, 2

_DTYPES = {
    "totals": "<f8",
    "positive_item_ids": "<i8",
    "positive_ms": "<i8",
    "unliked_item_ids": "<i8",
    "negative_item_ids": "<i8",
    "seen_item_ids": "<i8",
    "recent_ms": "<i8",
    "author_ids": "<i8",
    "author_impressions": "<f4",
    "author_positives": "<f4",
    "category_codes": "<i4",
    "category_impressions": "<f4",
    "category_positives": "<f4",
    "recent_categories": "<i4",
    "seen_s": "<u4",
    "recent_kinds": "<u1",
}
_LAYOUT = [(name, np.dtype(dtype), np.dtype(dtype).itemsize) for name, dtype in _DTYPES.items()]
_NAMES = tuple(_DTYPES)
_HEADER = struct.Struct(f"<HH{len(_NAMES)}H4xq")
_PARALLEL = (
    ("positive_item_ids", "positive_ms"),
    ("seen_item_ids", "seen_s"),
    ("recent_ms", "recent_categories", "recent_kinds"),
    ("author_ids", "author_impressions", "author_positives"),
    ("category_codes", "category_impressions", "category_positives"),
)

Array = npt.NDArray[Any]


class RecordError(ValueError):
    """A blob is not a viewer's record of this format."""


@dataclass(frozen=True, slots=True)
class ViewerRecord:
    """What the bus added to one viewer. Arrays are replaced, never changed.

    Attributes:
        totals: `float64[7]`, `generation.viewer_columns.VIEWER_TOTALS`; sums are exact in float64.
        last_action_ms: Unix ms of the latest action on an item; 0 none.
        positive_item_ids, positive_ms: `int64[<=50]`, distinct, newest first.
        unliked_item_ids: `int64[<=512]`: the base's positive on them was withdrawn.
        negative_item_ids: `int64[<=512]`, hidden or reported: never a positive again.
        seen_item_ids, seen_s: `int64[<=2000]` and `uint32`, Unix seconds; distinct, latest first.
        recent_ms, recent_kinds, recent_categories: `int64[<=512]`, `uint8`, `int32`: clicks and
            impressions of the last minutes with the main category, latest first.
        category_…, author_…: counts, distinct keys in any order.
    """

    last_action_ms: int
    totals: Array
    positive_item_ids: Array
    positive_ms: Array
    unliked_item_ids: Array
    negative_item_ids: Array
    seen_item_ids: Array
    recent_ms: Array
    author_ids: Array
    author_impressions: Array
    author_positives: Array
    category_codes: Array
    category_impressions: Array
    category_positives: Array
    recent_categories: Array
    seen_s: Array
    recent_kinds: Array


def empty_record() -> ViewerRecord:
    """A viewer of whom the bus said nothing."""
    arrays = {name: np.zeros(0, dtype) for name, dtype in _DTYPES.items()}
    arrays["totals"] = np.zeros(len(VIEWER_TOTALS), "<f8")
    return ViewerRecord(last_action_ms=0, **arrays)


def pack(record: ViewerRecord) -> bytes:
    """The blob of a record; at most about 50 KB, usually one or two."""
    arrays = [getattr(record, name) for name in _NAMES]
    header = _HEADER.pack(FORMAT, len(_NAMES), *map(len, arrays), record.last_action_ms)
    return b"".join([header, *(array.tobytes() for array in arrays)])


def unpack(blob: bytes) -> ViewerRecord:
    """Read-only views over the blob.

    Raises:
        RecordError: it is of another format, cut, or contradicts itself.
    """
    if len(blob) < _HEADER.size:
        raise RecordError(f"{len(blob)} bytes, a record has at least {_HEADER.size}")
    found, count, *lengths, last_action_ms = _HEADER.unpack_from(blob)
    if (found, count) != (FORMAT, len(_NAMES)):
        raise RecordError(f"format {found} with {count} arrays, this code reads {FORMAT}")
    arrays: dict[str, Array] = {}
    offset = _HEADER.size
    for (name, dtype, width), length in zip(_LAYOUT, lengths, strict=True):
        size = length * width
        if offset + size > len(blob):
            raise RecordError(f"{len(blob)} bytes end within {name}")
        arrays[name] = np.frombuffer(blob, dtype, length, offset)
        offset += size
    if offset != len(blob):
        raise RecordError(f"{len(blob)} bytes, {offset} expected")
    _check_lengths(arrays)
    return ViewerRecord(last_action_ms=last_action_ms, **arrays)


def _check_lengths(arrays: dict[str, Array]) -> None:
    if len(arrays["totals"]) != len(VIEWER_TOTALS):
        raise RecordError(f"{len(arrays['totals'])} totals, {len(VIEWER_TOTALS)} expected")
    for first, *others in _PARALLEL:
        if any(len(arrays[other]) != len(arrays[first]) for other in others):
            raise RecordError(f"{first} and what belongs to it differ in length")
