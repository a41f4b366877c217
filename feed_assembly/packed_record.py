"""Records of a few facts and some number arrays as one blob for the state store.

A JSON header for what is small and may grow, raw little-endian arrays for what is long.
"""

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from feed_assembly.record_facts import RecordFacts
from serving.errors import StateUnavailableError

Arrays = Mapping[str, npt.NDArray[Any]]

DTYPES = ("<i8", "<i4", "<f4", "<u4")
_LENGTH = struct.Struct("<I")


def pack_record(facts: Mapping[str, Any], arrays: Arrays) -> bytes:
    """`facts` must be JSON; the arrays have one axis."""
    layout = [[name, array.dtype.str, len(array)] for name, array in arrays.items()]
    header = json.dumps({"facts": facts, "arrays": layout}, separators=(",", ":")).encode()
    return b"".join(
        [_LENGTH.pack(len(header)), header, *(array.tobytes() for array in arrays.values())]
    )


def unpack_record(raw: bytes) -> tuple[RecordFacts, Arrays]:
    """What was packed; the arrays are read-only views into `raw`.

    Raises:
        StateUnavailableError: these bytes are no such record, or are cut short.
    """
    try:
        (length,) = _LENGTH.unpack_from(raw)
        position = _LENGTH.size + length
        header = json.loads(raw[_LENGTH.size : position])
        arrays = {}
        for name, dtype, count in header["arrays"]:
            if dtype not in DTYPES or not 0 <= count <= len(raw):
                raise ValueError(f"{name} is {count} of {dtype}")
            arrays[name] = np.frombuffer(raw, np.dtype(dtype), count, position)
            position += arrays[name].nbytes
        facts = RecordFacts(header["facts"])
    except (struct.error, ValueError, KeyError, TypeError, RecursionError) as error:
        raise StateUnavailableError(f"{len(raw)} bytes are no packed record: {error}") from error
    return facts, arrays


def require_columns(arrays: Arrays, dtypes: Mapping[str, str]) -> Arrays:
    """The arrays, if they are these columns of one table.

    Raises:
        StateUnavailableError: one is missing, of another type or length, or too many.
    """
    found = {name: array.dtype.str for name, array in arrays.items()}
    if found != dict(dtypes) or len({len(array) for array in arrays.values()}) > 1:
        raise StateUnavailableError(f"record has arrays {found}")
    return arrays
