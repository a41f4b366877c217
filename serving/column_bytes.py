"""Named columns as packed bytes and back, for messages and stores."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from generation.column import Column, schema_hash
from protos import columns_pb2 as pb
from serving.errors import InvalidRequestError

Columns = Mapping[str, npt.NDArray[Any]]


class ColumnCodec:
    """Encodes one list of columns. Build it once: it computes the schema's hash.

    Args:
        field: Name used in errors, for example `candidates`.
    """

    def __init__(self, columns: Sequence[Column], field: str) -> None:
        dtypes = [np.dtype(column.dtype).newbyteorder("<") for column in columns]
        self._columns = [
            (column.name, dtype, column.width, column.width * dtype.itemsize)
            for column, dtype in zip(columns, dtypes, strict=True)
        ]
        self._field = field
        self.schema = schema_hash(columns)

    def encode(self, columns: Columns, message: pb.Columns) -> None:
        """Pack arrays of equal length; values are converted to the column's type.

        Args:
            message: What to fill, where it is to stay: a message that is given to another one is
                copied with all that it holds.
        """
        message.schema = self.schema
        message.row_count = len(columns[self._columns[0][0]])
        message.values.extend(
            [np.asarray(columns[name], dtype).tobytes() for name, dtype, *_ in self._columns]
        )

    def decode(self, message: pb.Columns) -> dict[str, npt.NDArray[Any]]:
        """Read-only views over the message's bytes.

        Raises:
            InvalidRequestError: another schema, or a column of the wrong size.
        """
        if message.schema != self.schema:
            raise InvalidRequestError(
                f"{self._field}.schema", f"{message.schema!r} is not this server's {self.schema!r}"
            )
        if len(message.values) != len(self._columns):
            raise InvalidRequestError(
                f"{self._field}.values",
                f"{len(message.values)} columns, {len(self._columns)} expected",
            )
        rows = message.row_count
        decoded: dict[str, npt.NDArray[Any]] = {}
        for (name, dtype, width, row_bytes), raw in zip(self._columns, message.values, strict=True):
            if rows < 0 or len(raw) != rows * row_bytes:
                raise InvalidRequestError(
                    f"{self._field}.{name}", f"{len(raw)} bytes, {rows * row_bytes} expected"
                )
            values = np.frombuffer(raw, dtype)
            decoded[name] = values if width == 1 else values.reshape(rows, width)
        return decoded
