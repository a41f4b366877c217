"""One search per shard client, all at once; those that fail or are late are missing."""

import time
from functools import partial

from candidate_gen.fan_out import FanOut
from candidate_gen.pool import check_answer
from candidate_gen.runner import Run
from serving.contracts.shard import SearchRequest, ShardAnswer
from serving.deadline import Deadline
from serving.errors import CoverageError, FeedError

MIN_COVERAGE = 0.5
"""Share of shards without which the answer is no feed worth ranking."""


async def search_shards(
    run: Run, shards: FanOut, request: SearchRequest, deadline: Deadline
) -> list[ShardAnswer]:
    """Answers of distinct shards, by shard number.

    Raises:
        CoverageError: fewer than half of the shards answered.
    """
    started_s = time.perf_counter()
    total = run.receipt.shards_total
    by_shard: dict[int, ShardAnswer] = {}
    for reply in await _replies(run, shards, request, deadline):
        for answer in reply:
            if answer.shard not in by_shard and _is_sound(run, answer, len(request.parts)):
                by_shard[answer.shard] = answer
    run.note_coverage(len(by_shard))
    run.note_lag(max((answer.bus_lag_messages for answer in by_shard.values()), default=0))
    share = None
    if len(by_shard) == total:
        probed_less = any(answer.probed_less for answer in by_shard.values())
        share = request.probe_share if probed_less else 1.0
    run.record("search", total, len(by_shard), started_s, share=share)
    if len(by_shard) < total:
        run.receipt.degrade("shard_unavailable")
    if len(by_shard) < MIN_COVERAGE * total:
        raise CoverageError(f"{len(by_shard)} of {total} shards answered")
    return [by_shard[shard] for shard in sorted(by_shard)]


async def _replies(
    run: Run, shards: FanOut, request: SearchRequest, deadline: Deadline
) -> list[list[ShardAnswer]]:
    """What came, after noting what did not."""
    if shards.single is not None:
        search = partial(shards.single.search, request, deadline)
        only = await run.attempt("search", search, deadline)
        return [] if only is None else [only]
    replies = []
    for reply in await shards.ask(request, run.receipt.shards_total, deadline):
        if isinstance(reply, BaseException):
            run.fell_back("search", reply)
        else:
            replies.append(reply)
    return replies


def _is_sound(run: Run, answer: ShardAnswer, part_count: int) -> bool:
    try:
        check_answer(answer, part_count)
    except FeedError as error:
        run.fell_back("search", error)
        return False
    return True
