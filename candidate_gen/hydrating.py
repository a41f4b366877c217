"""Adds what the viewer has to do with each candidate.

What is switched off, or fails, leaves its columns' declared missing values; the receipt says so.
"""

import time
from collections.abc import Sequence

from candidate_gen.batch import CandidateBatch, Column, Query
from candidate_gen.runner import Run
from candidate_gen.stages import Hydrator
from serving.contracts.rank_columns import CROSS_COLUMNS

MISSING = {column.name: column for column in CROSS_COLUMNS}


def add_hydrated(
    run: Run,
    hydrators: Sequence[Hydrator],
    switched_off: Sequence[Hydrator],
    query: Query,
    batch: CandidateBatch,
    share: float = 1.0,
) -> CandidateBatch:
    """Add the columns of all hydrators.

    Args:
        share: Which share of the candidates there would be in full `batch` is.
    """
    started_s = time.perf_counter()
    columns: dict[str, Column] = {}
    missing = list(switched_off)
    for hydrator in hydrators:
        try:
            columns.update(hydrator.hydrate(query, batch))
        except Exception as error:
            run.fell_back(hydrator.name, error)
            run.receipt.degrade(f"hydrator_failed:{hydrator.name}")
            missing.append(hydrator)
    for hydrator in missing:
        columns.update({name: MISSING[name].empty(len(batch)) for name in hydrator.columns})
        run.default_columns(*hydrator.columns)
    run.record("hydrate", len(batch), len(batch), started_s, share=share)
    return batch.with_columns(columns)
