"""Which relations of a viewer already existed when a training row happened."""

import numpy as np
import numpy.typing as npt

from generation.arrow_file import find_rows
from spark_jobs.pairs import pair_codes
from spark_jobs.part_files import numbers, read_part
from spark_jobs.training.as_of import sums_before
from spark_jobs.training.plan import TrainingPlan

Longs = npt.NDArray[np.int64]


def related_before(
    plan: TrainingPlan, part: int, kind: int, viewer_id: Longs, other_id: Longs, asked_ms: Longs
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Relations of one kind (`spark_jobs.relations`) of a partition's viewers.

    Relations of unknown time count as older than everything.

    Returns:
        How many each viewer had before `asked_ms` (`float32[q]`), and whether there was one to
        `other_id` (`bool[q]`).
    """
    names = ["viewer_id", "kind", "other_id", "created_ms"]
    table = read_part(plan.workplace.relations, part, names)
    rows = np.flatnonzero(numbers(table, "kind", "i4") == kind)
    viewer, other, since_ms = (
        numbers(table, name, "i8")[rows] for name in ("viewer_id", "other_id", "created_ms")
    )
    counts = sums_before(viewer, since_ms, np.ones((len(rows), 1)), viewer_id, asked_ms)
    edge, wanted = pair_codes((viewer, other), (viewer_id, other_id))
    at = find_rows(edge, wanted)
    exists = at >= 0
    exists[exists] = since_ms[at[exists]] < asked_ms[exists]
    return counts[:, 0].astype(np.float32), exists
