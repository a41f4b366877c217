"""From what the shards found to one batch: the items that fit the quotas, with provenance."""

import time
from collections.abc import Sequence

import numpy as np

from candidate_gen.batch import CandidateBatch
from candidate_gen.planning import PlannedSource
from candidate_gen.pool import Pool
from candidate_gen.runner import Run
from candidate_gen.selectors.quota_selector import select_by_quota
from serving.contracts.receipt import SourceCount
from serving.contracts.sources import SOURCE_BIT


def select_candidates(run: Run, planned: Sequence[PlannedSource], pool: Pool) -> CandidateBatch:
    """Fill the quotas; see `CandidateBatch` for the columns.

    Facts and vectors stay in the pool until it is known who needs them.
    """
    started_s = time.perf_counter()
    asked = [source for source in planned if source.part is not None]
    selection = select_by_quota(
        pool.hits,
        np.array([source.quota for source in asked], np.int64),
        np.array([SOURCE_BIT[source.name] for source in asked], np.uint32),
        sum(source.quota for source in planned),
        pool.row_count,
    )
    found, kept = iter(pool.hits.counts()), iter(selection.kept_counts)
    run.receipt.sources.extend(
        SourceCount(source.name, 0, 0)
        if source.part is None
        else SourceCount(source.name, next(found), next(kept))
        for source in planned
    )
    run.record("select", pool.row_count, len(selection.rows), started_s)
    return CandidateBatch(
        {
            "pool_row": selection.rows,
            "source_bits": selection.source_bits,
            "source_score": selection.source_scores,
        },
        pool.columns,
    )
