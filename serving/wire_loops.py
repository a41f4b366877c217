"""Steps of compiled loops that write protobuf messages straight into a buffer.

For messages that are mostly copied from mapped files: making an object of each, with a string for
every field, takes several times as long as copying the bytes.
"""

from typing import Any

import numpy as np

from generation.compiled import step


@step
def varint_size(value: int) -> int:
    """Bytes of a number; negative ones take ten, as in every protobuf message."""
    rest = np.uint64(value) >> np.uint64(7)
    size = 1
    while rest:
        rest >>= np.uint64(7)
        size += 1
    return size


@step
def put_varint(out: Any, at: int, value: int) -> int:
    """Write a number; returns the place behind it."""
    rest = np.uint64(value)
    while rest > np.uint64(127):
        out[at] = np.uint8(rest & np.uint64(127)) | np.uint8(128)
        rest >>= np.uint64(7)
        at += 1
    out[at] = np.uint8(rest)
    return at + 1


@step
def number_size(value: int) -> int:
    """Of a field with a tag of one byte; 0 is not written."""
    return 1 + varint_size(value) if value else 0


@step
def put_number(out: Any, at: int, tag: int, value: int) -> int:
    if value:
        out[at] = tag
        at = put_varint(out, at + 1, value)
    return at


@step
def bytes_size(size: int) -> int:
    """Of a field of so many bytes with a tag of one."""
    return 1 + varint_size(size) + size


@step
def put_bytes(out: Any, at: int, source: Any, start: int, end: int) -> int:
    """Copy a part of `source`."""
    for place in range(start, end):
        out[at] = source[place]
        at += 1
    return at


@step
def text_size(offsets: Any, row: int) -> int:
    """Of a string of a column; an empty one is not written."""
    size = offsets[row + 1] - offsets[row]
    return bytes_size(size) if size else 0


@step
def put_text(out: Any, at: int, tag: int, offsets: Any, texts: Any, row: int) -> int:
    start, end = offsets[row], offsets[row + 1]
    if end > start:
        out[at] = tag
        at = put_bytes(out, put_varint(out, at + 1, end - start), texts, start, end)
    return at
