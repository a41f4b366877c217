"""The one file format of tables in a generation: Arrow IPC, one uncompressed batch, memory-mapped.

Numbers come back as numpy views over the mapped file: nothing is read until it is touched, and
nothing is copied. Lists are kept as offsets and values (`Lists`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from generation.column import Column

NUMBERS = {
    pa.from_numpy_dtype(dtype): np.dtype(dtype)
    for dtype in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
}
"""Numpy's types by Arrow's."""


@dataclass(frozen=True, slots=True)
class Lists:
    """A column of lists: row `i` is `values[offsets[i]:offsets[i + 1]]`.

    Attributes:
        offsets: `int32[rows + 1]`.
        values: All rows' values, one after another.
    """

    offsets: npt.NDArray[Any]
    values: npt.NDArray[Any]

    def row(self, index: int) -> npt.NDArray[Any]:
        return self.values[self.offsets[index] : self.offsets[index + 1]]


class MappedTable:
    """A memory-mapped table. Open it once; views stay valid as long as it lives."""

    def __init__(self, path: Path) -> None:
        """Map `path`.

        Raises:
            ValueError: the file is not an Arrow file of one record batch, or contradicts itself.
        """
        self.path = path
        try:
            reader = pa.ipc.open_file(pa.memory_map(str(path), "r"))
            count = reader.num_record_batches
            if count == 1:
                self.batch = reader.get_batch(0)
                # Reads every byte: nobody who follows an offset below checks it again.
                self.batch.validate(full=True)
        except FileNotFoundError:
            raise
        except (pa.ArrowException, OSError) as error:
            raise ValueError(f"{path.name} is not an Arrow file") from error
        if count != 1:
            raise ValueError(f"{path.name} has {count} record batches, not 1")

    def __len__(self) -> int:
        return int(self.batch.num_rows)

    def array(self, name: str, dtype: str = "", width: int = 1) -> npt.NDArray[Any]:
        """A number column as a read-only view: `dtype[n]`, or `dtype[n, width]`.

        Args:
            dtype: With `width`, what it must be; empty for whatever it is.

        Raises:
            ValueError: there is none, it has gaps, or it is of another type or width.
        """
        column = self._column(name)
        view: npt.NDArray[Any]
        if pa.types.is_fixed_size_list(column.type) and column.type.list_size > 0:
            view = self._rows(name, column, column.type.list_size)
        else:
            view = self._numbers(name, column)
        shape = (len(self),) if width == 1 else (len(self), width)
        if dtype and (view.dtype != np.dtype(dtype) or view.shape != shape):
            raise ValueError(
                f"{self.path.name}: {name} is {view.dtype} {view.shape}, need {dtype} {shape}"
            )
        return view

    def columns(self, wanted: Sequence[Column]) -> dict[str, npt.NDArray[Any]]:
        """Views by name; ValueError as `array`."""
        return {c.name: self.array(c.name, c.dtype, c.width) for c in wanted}

    def lists(self, name: str) -> Lists:
        """A list column of numbers as views; ValueError as `array`."""
        column = self._column(name)
        if not pa.types.is_list(column.type) or column.null_count:
            raise ValueError(f"{self.path.name}: {name} is no column of lists")
        offsets = self._numbers(name, column.offsets)
        return Lists(offsets, self._numbers(name, column.values))

    def strings(self, name: str) -> Any:
        """A string or list-of-string column, to be gathered with `take(rows).to_pylist()`."""
        return self._column(name)

    def _rows(self, name: str, column: Any, width: int) -> npt.NDArray[Any]:
        if column.null_count:
            raise ValueError(f"{self.path.name}: {name} has gaps")
        # Not Arrow's `flatten`, which imports all that Arrow can compute: a tenth of a second.
        flat = column.values.slice(column.offset * width, len(column) * width)
        return self._numbers(name, flat).reshape(len(column), width)

    def _numbers(self, name: str, column: Any) -> npt.NDArray[Any]:
        dtype = NUMBERS.get(column.type)
        if column.null_count or dtype is None:
            raise ValueError(f"{self.path.name}: {name} is no column of numbers without gaps")
        if not len(column):
            return np.frombuffer(b"", dtype)
        # Arrow's own `to_numpy` imports pandas where there is one: 30 MiB and 0.3 s.
        start = column.offset * dtype.itemsize
        return np.frombuffer(column.buffers()[1], dtype, len(column), start)

    def _column(self, name: str) -> Any:
        index = self.batch.schema.get_field_index(name)
        if index < 0:
            raise ValueError(f"{self.path.name} has no column {name}")
        return self.batch.column(index)


def write_table(path: Path, columns: Mapping[str, npt.NDArray[Any] | pa.Array[Any] | Lists]) -> int:
    """Write columns of equal length; arrays of two axes become fixed-size lists.

    Returns:
        The number of rows.
    """
    arrays = {name: _to_arrow(values) for name, values in columns.items()}
    batch = pa.RecordBatch.from_arrays(list(arrays.values()), list(arrays))
    path.parent.mkdir(parents=True, exist_ok=True)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return int(batch.num_rows)


def _to_arrow(values: npt.NDArray[Any] | pa.Array[Any] | Lists) -> Any:
    if isinstance(values, Lists):
        return pa.ListArray.from_arrays(
            pa.array(values.offsets, pa.int32()), pa.array(values.values)
        )
    if isinstance(values, pa.Array):
        return values
    if values.ndim == 2:
        flat = pa.array(np.ascontiguousarray(values).reshape(-1))
        return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
    return pa.array(np.ascontiguousarray(values))


def find_rows(
    sorted_ids: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Row of each wanted id in a sorted id column; -1 where it is absent. `int64[len(wanted)]`."""
    if len(sorted_ids) == 0:
        return np.full(len(wanted), -1, np.int64)
    rows = np.searchsorted(sorted_ids, wanted)
    rows[rows == len(sorted_ids)] = 0
    return np.where(sorted_ids[rows] == wanted, rows, -1).astype(np.int64)
