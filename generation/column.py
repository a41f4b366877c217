"""How every table of columns names its columns: one line each, for code and people."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        dtype: Numpy type name, little-endian: `i8` is int64, `f2` float16, `u1` uint8.
        width: Values per row; 1 gives `dtype[n]`, more gives `dtype[n, width]`.
        missing: What a row without the fact holds; never NaN.
        meaning: Unit, range and who fills it.
    """

    name: str
    dtype: str
    width: int
    missing: float
    meaning: str

    def empty(self, rows: int) -> npt.NDArray[np.generic]:
        """An array of `rows` rows that all hold the missing value."""
        shape = (rows,) if self.width == 1 else (rows, self.width)
        return np.full(shape, self.missing, np.dtype(self.dtype).newbyteorder("<"))


def schema_hash(columns: Sequence[Column]) -> str:
    """Twelve hex digits that change when a name, type, width, order or missing value changes."""
    lines = [f"{c.name} {c.dtype} {c.width} {c.missing}" for c in columns]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]
