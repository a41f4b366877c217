"""One search per shard client, all at once; those that fail or are late are missing."""

import asyncio
import time
from collections.abc import Sequence

from candidate_gen.pool import check_answer
from candidate_gen.runner import Run
from serving.contracts.shard import SearchRequest, ShardAnswer, ShardClient
from serving.deadline import Deadline
from serving.errors import DependencyError, FeedError

MIN_COVERAGE = 0.5
"""Share of shards without which the answer is no feed worth ranking."""


async def search_shards(
    run: Run, clients: Sequence[ShardClient], request: SearchRequest, deadline: Deadline
) -> list[ShardAnswer]:
    """Answers of distinct shards, by shard number.

    Raises:
        DependencyError: fewer than half of the shards answered.
    """
    started_s = time.perf_counter()
    answers = await asyncio.gather(
        *(run.attempt("search", client.search(request, deadline), deadline) for client in clients)
    )
    by_shard: dict[int, ShardAnswer] = {}
    for answer in (one for group in answers for one in group or ()):
        if answer.shard not in by_shard and _is_sound(run, answer, len(request.parts)):
            by_shard[answer.shard] = answer
    total = run.receipt.shards_total
    run.note_coverage(len(by_shard))
    run.note_lag(max((answer.bus_lag_messages for answer in by_shard.values()), default=0))
    run.record("search", total, len(by_shard), started_s)
    if len(by_shard) < total:
        run.receipt.degrade("shard_unavailable")
    if len(by_shard) < MIN_COVERAGE * total:
        raise DependencyError(f"{len(by_shard)} of {total} shards answered")
    return [by_shard[shard] for shard in sorted(by_shard)]


def _is_sound(run: Run, answer: ShardAnswer, part_count: int) -> bool:
    try:
        check_answer(answer, part_count)
    except FeedError as error:
        run.fell_back("search", error)
        return False
    return True
