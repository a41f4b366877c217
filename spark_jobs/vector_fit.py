"""What the build asks of a factorisation library: item and viewer vectors from positives."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AlsSettings:
    """Implicit ALS as in Hu, Koren, Volinsky 2008: confidence `1 + alpha * weight`."""

    dim: int = 64
    iterations: int = 10
    regularization: float = 0.05
    alpha: float = 10.0
    seed: int = 7


class VectorFit(Protocol):
    """Fits implicit ALS. Two libraries (MLlib, `implicit`); their vectors differ, their use not."""

    def fit(self, positives: Path, out: Path, settings: AlsSettings) -> None:
        """Fit the distinct pairs of a Parquet folder.

        Args:
            positives: `viewer_id: int64, item_id: int64, weight: float32`.
            out: Takes `items.arrow` and `viewers.arrow` (`generation.arrow_file`): `item_id` or
                `viewer_id` int64 sorted, `vector` float32[dim]; a row for every id that occurs.
        """
        ...
