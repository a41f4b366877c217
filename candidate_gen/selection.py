"""From what the shards found to one batch: the items that fit the quotas, with provenance."""

import time
from collections.abc import Sequence

from candidate_gen.batch import CandidateBatch
from candidate_gen.planning import PlannedSource
from candidate_gen.pool import NO_HITS, Pool
from candidate_gen.runner import Run
from candidate_gen.selectors.quota_selector import SourceHits, select_by_quota
from generation.item_columns import IDENTITY
from serving.contracts.receipt import SourceCount
from serving.contracts.sources import SOURCE_BIT

IDENTITY_NAMES = [column.name for column in IDENTITY]


def select_candidates(run: Run, planned: Sequence[PlannedSource], pool: Pool) -> CandidateBatch:
    """Fill the quotas; see `CandidateBatch` for the columns.

    Facts and vectors stay in the pool until it is known who needs them.
    """
    started_s = time.perf_counter()
    hits_of_asked = iter(pool.hits)
    sources = [
        SourceHits(
            hits=NO_HITS if source.part is None else next(hits_of_asked),
            quota=source.quota,
            bit=SOURCE_BIT[source.name],
        )
        for source in planned
    ]
    found_count = len(pool.columns["item_id"])
    selection = select_by_quota(sources, found_count)
    run.receipt.sources.extend(
        SourceCount(source.name, len(found.hits.rows), kept)
        for source, found, kept in zip(planned, sources, selection.kept_counts, strict=True)
    )
    rows = selection.rows
    run.record("select", found_count, len(rows), started_s)
    return CandidateBatch(
        {
            **pool.gather(IDENTITY_NAMES, rows),
            "pool_row": rows,
            "source_bits": selection.source_bits,
            "source_score": selection.source_scores,
        }
    )
