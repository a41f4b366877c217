"""Single arrays as little-endian bytes in messages, and back with a check."""

from typing import Any

import numpy as np
import numpy.typing as npt

from serving.errors import InvalidRequestError


def unpack_ids(raw: bytes, field: str) -> npt.NDArray[np.int64]:
    """A read-only `int64` view; InvalidRequestError if the length does not fit."""
    return _unpack(raw, np.dtype("<i8"), field)


def unpack_floats(raw: bytes, field: str) -> npt.NDArray[np.float32]:
    """A read-only `float32` view; InvalidRequestError if the length does not fit."""
    return _unpack(raw, np.dtype("<f4"), field)


def unpack_int32(raw: bytes, field: str) -> npt.NDArray[np.int32]:
    """A read-only `int32` view; InvalidRequestError if the length does not fit."""
    return _unpack(raw, np.dtype("<i4"), field)


def unpack_uint32(raw: bytes, field: str) -> npt.NDArray[np.uint32]:
    """A read-only `uint32` view; InvalidRequestError if the length does not fit."""
    return _unpack(raw, np.dtype("<u4"), field)


def pack_ids(ids: npt.NDArray[np.int64]) -> bytes:
    return np.ascontiguousarray(ids, "<i8").tobytes()


def pack_floats(values: npt.NDArray[np.float32]) -> bytes:
    return np.ascontiguousarray(values, "<f4").tobytes()


def pack_int32(values: npt.NDArray[np.int32]) -> bytes:
    return np.ascontiguousarray(values, "<i4").tobytes()


def pack_uint32(values: npt.NDArray[np.uint32]) -> bytes:
    return np.ascontiguousarray(values, "<u4").tobytes()


def _unpack(raw: bytes, dtype: np.dtype[Any], field: str) -> npt.NDArray[Any]:
    if len(raw) % dtype.itemsize:
        raise InvalidRequestError(field, f"{len(raw)} bytes are no whole number of {dtype.name}")
    return np.frombuffer(raw, dtype)
