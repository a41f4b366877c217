"""All filters, one after another, each counted."""

import time
from collections.abc import Sequence

import numpy as np

from candidate_gen.batch import CandidateBatch, Query
from candidate_gen.runner import Run
from candidate_gen.stages import Filter
from serving.errors import NotFoundError


def keep_showable(
    run: Run, filters: Sequence[Filter], query: Query, batch: CandidateBatch, most: int
) -> CandidateBatch:
    """Who passes all filters, the best `most` of them.

    Raises:
        NotFoundError: nobody does; an older feed is better than none.
    """
    began_s = time.perf_counter()
    staying = np.ones(len(batch), np.bool_)
    left = len(batch)
    for stage in filters:
        started_s = time.perf_counter()
        staying &= stage.keep(query, batch)
        before, left = left, int(np.count_nonzero(staying))
        run.record_filter(stage.name, before, left, started_s)
    rows = np.flatnonzero(staying)[:most]
    run.record("filter", len(batch), len(rows), began_s)
    if not left:
        raise NotFoundError("no candidate may be shown to this viewer")
    return batch.take(rows)
