"""Decodes the ids of many records at once: as bytes they join for a tenth of what arrays cost."""

from collections.abc import Sequence

import numpy as np

from generation.graph_records import Kind
from serving.contracts.graph import Ids

ID_BYTES = 8


def joined_ids(kind: Kind, values: Sequence[bytes], limit: int) -> Ids:
    """The first `limit` ids of every record of `kind`, one record after another.

    Raises:
        ValueError: a value is not a whole number of rows.
    """
    row_bytes = sum(np.dtype(dtype).itemsize for dtype in kind.dtypes)
    for value in values:
        if len(value) % row_bytes:
            raise ValueError(
                f"{len(value)} bytes are no whole number of {kind.name} rows of {row_bytes}"
            )
    ids = [value[: ID_BYTES * min(limit, len(value) // row_bytes)] for value in values]
    return np.frombuffer(b"".join(ids), "<i8")
