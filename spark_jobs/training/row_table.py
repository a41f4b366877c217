"""Training rows in memory, as the trainers and the report use them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from features.matrix import FEATURE_COUNT, FEATURES
from spark_jobs.training.rows import FEATURE_PREFIX
from spark_jobs.training.samples import KEY, LABELS

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RowTable:
    """`n` rows ordered by (occurred_ms, viewer_id, item_id).

    Attributes:
        matrix: `float32[n, FEATURE_COUNT]`.
        labels: Label -> `bool[n]`.
    """

    viewer_id: npt.NDArray[np.int64]
    item_id: npt.NDArray[np.int64]
    occurred_ms: npt.NDArray[np.int64]
    block: npt.NDArray[np.int32]
    matrix: npt.NDArray[np.float32]
    labels: dict[str, Mask]

    def __len__(self) -> int:
        return len(self.item_id)

    def take(self, rows: npt.NDArray[Any]) -> "RowTable":
        """The rows of a mask or of row numbers."""
        return RowTable(
            self.viewer_id[rows],
            self.item_id[rows],
            self.occurred_ms[rows],
            self.block[rows],
            self.matrix[rows],
            {name: values[rows] for name, values in self.labels.items()},
        )


def read_rows(folder: Path) -> RowTable:
    """Read the rows of all parts; the order does not depend on how many there are."""
    files = sorted(folder.glob("part-*.parquet"))
    keys = pq.read_table(files, columns=[*KEY, "block", *LABELS])
    columns = {name: keys[name].to_numpy() for name in keys.column_names}
    order = np.lexsort((columns["item_id"], columns["viewer_id"], columns["occurred_ms"]))
    matrix = np.empty((len(order), FEATURE_COUNT), np.float32)
    names = [FEATURE_PREFIX + feature.name for feature in FEATURES]
    table = pq.read_table(files, columns=names)
    for at, name in enumerate(names):
        matrix[:, at] = table[name].to_numpy()[order]
    return RowTable(
        columns["viewer_id"][order],
        columns["item_id"][order],
        columns["occurred_ms"][order],
        columns["block"][order],
        matrix,
        {name: columns[name][order].astype(bool) for name in LABELS},
    )


def write_row_file(folder: Path, target: Path) -> int:
    """Join the parts to one file in the order of viewer, time and item; returns its rows."""
    from spark_jobs.training.rows import ROW_SCHEMA

    table = pq.read_table(sorted(folder.glob("part-*.parquet")), schema=ROW_SCHEMA)
    table = table.sort_by([(name, "ascending") for name in KEY])
    target.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, target, compression="zstd")
    return int(table.num_rows)
