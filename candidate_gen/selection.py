"""From the shards' answers to one batch: the items that fit the quotas, with their provenance."""

import time
from collections.abc import Sequence

from candidate_gen.batch import CandidateBatch
from candidate_gen.planning import PlannedSource
from candidate_gen.pool import NO_HITS, pool_answers
from candidate_gen.runner import Run
from candidate_gen.selectors.quota_selector import SourceHits, select_by_quota
from serving.contracts.receipt import SourceCount
from serving.contracts.shard import ShardAnswer
from serving.contracts.sources import SOURCE_BIT


def select_candidates(
    run: Run, planned: Sequence[PlannedSource], answers: Sequence[ShardAnswer]
) -> CandidateBatch:
    """Pool the answers and fill the quotas. The batch holds CANDIDATE_COLUMNS and
    PROVENANCE_COLUMNS, best first."""
    started_s = time.perf_counter()
    pool = pool_answers(answers)
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
    batch = CandidateBatch(pool.columns).take(selection.rows)
    run.record("select", found_count, len(batch), started_s)
    return batch.with_columns(
        {"source_bits": selection.source_bits, "source_score": selection.source_scores}
    )
