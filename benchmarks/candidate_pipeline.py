"""CPU cost of the candidate pipeline for one cold request, neighbours excluded.

Run: `python -m benchmarks.candidate_pipeline`. Shards answer prepared columns at once, so what is
measured is planning, merging, quotas, filters and cross columns over full quotas from four shards.
"""

import asyncio
import time
from collections import defaultdict

import numpy as np

from candidate_gen.neighbours import Neighbours
from candidate_gen.pipeline import CandidatePipeline
from candidate_gen.query_building import QueryRules
from generation.item_columns import CANDIDATE_COLUMNS, EMBEDDING_DIM
from serving.contracts.shard import Columns, Ids, PartHits, SearchRequest, ShardAnswer
from serving.deadline import Deadline
from serving.metrics_recorder import Metrics
from tests.candidate_gen.builders import VOCABULARY, a_neighbourhood, a_request, a_viewer
from tests.candidate_gen.fakes import FakeGraph, FakeRanker, FakeViewerStates

SHARDS = 4
ITEMS_PER_SHARD = 250
REQUESTS = 500


class PreparedShard:
    """Answers any parts with seeded hits among its items."""

    def __init__(self, shard: int) -> None:
        self._shard = shard
        self._random = np.random.default_rng(shard)
        self._columns = {c.name: c.empty(ITEMS_PER_SHARD) for c in CANDIDATE_COLUMNS}
        self._columns["item_id"] = np.arange(ITEMS_PER_SHARD) * SHARDS + shard
        self._columns["author_id"] = self._random.integers(0, 2_000, ITEMS_PER_SHARD)
        self._columns["categories"][:, 0] = self._random.integers(1, 4, ITEMS_PER_SHARD)
        self._answer: list[ShardAnswer] = []

    async def search(self, request: SearchRequest, deadline: Deadline) -> list[ShardAnswer]:
        del deadline
        if not self._answer:
            parts = [self._hits(part.limit) for part in request.parts]
            self._answer = [ShardAnswer(self._shard, self._columns, parts, 0)]
        return self._answer

    async def lookup(
        self, generation: str, item_ids: Ids, now_ms: int, deadline: Deadline
    ) -> Columns:
        raise NotImplementedError("the pipeline looks nothing up")

    def _hits(self, limit: int) -> PartHits:
        count = min(limit, ITEMS_PER_SHARD)
        rows = self._random.permutation(ITEMS_PER_SHARD)[:count].astype(np.int32)
        scores = np.sort(self._random.random(count, np.float32))[::-1]
        return PartHits(rows, scores)


async def measure() -> None:
    random = np.random.default_rng(7)

    def some(count: int, below: int) -> list[int]:
        return sorted(random.choice(below, count, replace=False).tolist())

    viewer = a_viewer(
        seen_item_ids=some(2_000, 10**9),
        category_codes=[1, 2, 3],
        category_impressions=[9, 9, 9],
        category_positives=[3, 2, 1],
        author_ids=some(256, 2_000),
        author_impressions=[1.0] * 256,
        author_positives=[1.0] * 256,
        vector=random.random(EMBEDDING_DIM, np.float32),
        has_vector=True,
        cluster_vectors=random.random((3, EMBEDDING_DIM), np.float32),
    )
    around = a_neighbourhood(
        followed_ids=some(300, 2_000),
        friend_ids=some(100, 2_000),
        group_ids=some(20, 1_000),
        friends_liked_item_ids=some(400, 1_000),
    )
    ranker, metrics = FakeRanker(), Metrics()
    pipeline = CandidatePipeline(
        "bench",
        SHARDS,
        Neighbours(
            FakeViewerStates(viewer),
            lambda _viewer: 0,
            FakeGraph(around),
            [PreparedShard(n) for n in range(SHARDS)],
            ranker,
        ),
        QueryRules(VOCABULARY, True, {}),
        metrics,
    )
    request = a_request(excluded_item_ids=some(500, 10**9))
    stages: dict[str, list[float]] = defaultdict(list)
    totals = []
    for _ in range(REQUESTS):
        started = time.process_time()
        reply = await pipeline.generate(request, Deadline.after_ms(1_000))
        totals.append((time.process_time() - started) * 1e6)
        for stage in reply.receipt.stages:
            stages[stage.name].append(stage.ms * 1_000)
    print(f"candidates ranked {len(ranker.ranked_ids)}")
    for name, values in stages.items():
        print(f"{name:20} {np.median(values):8.0f} us")
    print(
        f"{'CPU in all, p50':20} {np.median(totals):8.0f} us, p99 {np.percentile(totals, 99):.0f}"
    )


if __name__ == "__main__":
    asyncio.run(measure())
