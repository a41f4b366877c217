"""What all training jobs of one build agree on: folders, blocks of time, share of rows kept."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spark_jobs.build_context import Facts, Workplace

CUT_SHARES = (0.3, 0.6, 0.9)
"""Of the rows by time. Before the first cut is warm-up: nothing could be fitted for those rows."""

HOLDOUT_BLOCK = len(CUT_SHARES)
"""Rows after the last cut judge the models and never train the judged ones."""

MAX_ROWS = 2_000_000
"""Rows that are trained on at most, for one task holds them; larger data is sampled by hash."""


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """Plain values, so that it can travel to workers.

    Attributes:
        cuts_ms: Unix ms of the cuts; a row at or after cut `i` is in block `i + 1` or later. Block
            `b` sees vectors fitted on what happened before cut `b - 1`.
        kept_share: Share of viewers' rows kept, by hash of the row.
        alpha, regularization: Of the fold-in.
    """

    workplace: Workplace
    facts: Facts
    cuts_ms: tuple[int, ...]
    kept_share: float
    alpha: float
    regularization: float

    @property
    def folder(self) -> Path:
        return self.workplace.scratch / "training"

    def positives(self, block: int) -> Path:
        """Positives from before a block, see `spark_jobs.positives`."""
        return self.folder / f"positives-{block}"

    def vectors(self, block: int) -> Path:
        """What the fit on them wrote, and `served.arrow`, `gram.arrow`."""
        return self.folder / f"vectors-{block}"

    @property
    def rows(self) -> Path:
        """Finished rows by viewer partition."""
        return self.folder / "rows"

    def block_of(self, occurred_ms: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Block of each time, 0 to `HOLDOUT_BLOCK`."""
        return np.searchsorted(np.array(self.cuts_ms), occurred_ms, side="right")


def cuts_of(histogram: dict[int, int], bucket_ms: int) -> tuple[int, ...]:
    """Unix ms of the cuts, on borders of buckets.

    Args:
        histogram: Number of the bucket -> rows in it.
    """
    buckets = np.array(sorted(histogram), np.int64)
    rows = np.cumsum([histogram[bucket] for bucket in buckets.tolist()])
    if not len(rows):
        return (0,) * len(CUT_SHARES)
    at = [int(np.abs(rows - share * rows[-1]).argmin()) for share in CUT_SHARES]
    return tuple(int(buckets[i] + 1) * bucket_ms for i in at)
