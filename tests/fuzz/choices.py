"""Values made from bytes, so that a fuzzer of bytes can reach what lies behind every decoder.

Odd values are likely: what is next to a limit, what does not fit, what is not a number.
"""

import struct
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Value = TypeVar("Value")

ODD_INTEGERS = (
    0, 1, -1, 2, 5, 6, 7, 8, 39, 40, 41, 63, 64, 100, 139, 140, 999, 1_000, 1_001, 2_001,
    -(2**63), 2**63 - 1, 2**31, -(2**31), 2**31 - 1, 2**32, 1 << 40, 1_750_000_000_000,
)  # fmt: skip
ODD_FLOATS = (
    0.0, -0.0, 1.0, -1.0, 0.5, 1e-38, 1e-45, 3.4e38, -3.4e38, 65_504.0, 1e30,
    float("nan"), float("inf"), float("-inf"),
)  # fmt: skip


class Choices:
    """Draws values from bytes; when they are used up everything is the first choice."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def byte(self) -> int:
        if self._at >= len(self._data):
            return 0
        self._at += 1
        return self._data[self._at - 1]

    def flag(self) -> bool:
        return self.byte() & 1 == 1

    def one_of(self, values: Sequence[Value]) -> Value:
        return values[self.byte() % len(values)]

    def integer(self) -> int:
        """An `int64`: odd, small, or any."""
        kind = self.byte()
        if kind < 128:
            return ODD_INTEGERS[kind % len(ODD_INTEGERS)]
        if kind < 192:
            return self.byte()
        return int(struct.unpack("<q", self._take(8))[0])

    def float(self) -> float:
        """A `float32`: odd, small, or any."""
        kind = self.byte()
        if kind < 64:
            return ODD_FLOATS[kind % len(ODD_FLOATS)]
        if kind < 192:
            return self.byte() / 16
        return float(struct.unpack("<f", self._take(4))[0])

    def integers(self, most: int) -> npt.NDArray[np.int64]:
        return np.array([self.integer() for _ in range(self.byte() % (most + 1))], np.int64)

    def floats(self, count: int) -> npt.NDArray[np.float32]:
        return np.array([self.float() for _ in range(count)], np.float32)

    def fill(self, array: npt.NDArray[Any]) -> None:
        """Spoil some places of an array."""
        if array.size == 0:
            return
        flat = array.reshape(-1)
        for _ in range(self.byte() % 8):
            at = self.byte() * 251 % len(flat)
            if array.dtype.kind == "f":
                with np.errstate(over="ignore"):
                    flat[at] = np.float32(self.float()).astype(array.dtype)
            else:
                flat[at] = np.int64(self.integer()).astype(array.dtype)

    def rest(self) -> bytes:
        """All bytes that were not drawn."""
        rest, self._at = self._data[self._at :], len(self._data)
        return rest

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count].ljust(count, b"\0")
        self._at += count
        return taken
