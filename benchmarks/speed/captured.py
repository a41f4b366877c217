"""Real requests on their way through the pipeline, kept so that their mathematics can be repeated.

The pipeline, shards, graph and ranker are those of an embedded server; only gRPC, the bus and the
clock are left out. Viewers are read from the generation and from an empty store.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ann_shards.service import open_shards
from ann_shards.shards import Shards
from candidate_gen.service import CandidateGen, Services, open_candidate_gen
from candidate_gen.together import in_turn
from generation.manifest import Manifest
from generation.publish import current
from ranker.service import Ranker, open_ranker
from serving.bus.open_bus import open_bus
from serving.clock import Clock, OffsetClock, WallClock
from serving.contracts.candidates import GenerateRequest
from serving.contracts.rank import RankReply, RankRequest
from serving.contracts.shard import Columns, Ids, SearchRequest, ShardAnswer
from serving.deadline import Deadline
from serving.errors import BusUnavailableError
from serving.metrics_recorder import Metrics
from serving.state.open_state_store import open_state_store
from social_graph.service import open_social_graph

LONG_MS = 60_000.0
MINUTE_MS = 60_000
NO_IDS = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Captured:
    """One request.

    Attributes:
        search: What every shard was asked.
        rank: What the ranker was asked.
        ranked_ids: `int64[r]`, what it answered, best first.
    """

    viewer_id: int
    search: SearchRequest
    rank: RankRequest
    ranked_ids: npt.NDArray[np.int64]


class _RecordingShards:
    def __init__(self, shards: Shards) -> None:
        self._shards = shards
        self.last: SearchRequest | None = None

    async def search(self, request: SearchRequest, deadline: Deadline) -> list[ShardAnswer]:
        self.last = request
        return await self._shards.search(request, deadline)

    async def lookup(
        self, generation: str, item_ids: Ids, now_ms: int, deadline: Deadline
    ) -> Columns:
        return await self._shards.lookup(generation, item_ids, now_ms, deadline)


class _RecordingRanker:
    def __init__(self, ranker: Ranker) -> None:
        self._ranker = ranker
        self.last: RankRequest | None = None

    async def rank(self, request: RankRequest, deadline: Deadline) -> RankReply:
        self.last = request
        return await self._ranker.rank(request, deadline)


class _AbsentBus:
    """A ranker that cannot publish its list answers with it."""

    async def publish(self, *_args: object, **_options: object) -> None:
        raise BusUnavailableError("the bench has no bus")


class PipelineInProcess:
    """The pipeline over a generation, with what it asks last on record."""

    def __init__(
        self,
        manifest: Manifest,
        candidate_gen: CandidateGen,
        shards: _RecordingShards,
        ranker: _RecordingRanker,
        closes: Sequence[Callable[[], Awaitable[None]]],
    ) -> None:
        self._now_ms = manifest.data_time_ms + MINUTE_MS
        self._candidate_gen = candidate_gen
        self._shards = shards
        self._ranker = ranker
        self._closes = closes

    async def close(self) -> None:
        for close in self._closes:
            await close()

    async def generate(self, viewer_id: int) -> RankReply:
        """Find and rank for a viewer with nothing stored."""
        request = GenerateRequest(
            request_id=f"bench-{viewer_id}",
            viewer_id=viewer_id,
            reply_partition=0,
            revocation_version=0,
            now_ms=self._now_ms,
            surface="home",
            device="phone",
            region="",
            language="",
            utc_offset_minutes=0,
            excluded_item_ids=NO_IDS,
            excluded_author_ids=NO_IDS,
            unfollowed_author_ids=NO_IDS,
            left_group_ids=NO_IDS,
        )
        return await self._candidate_gen.generate(request, Deadline.after_ms(LONG_MS))

    async def capture(self, viewer_ids: Sequence[int]) -> list[Captured]:
        found = []
        for viewer_id in viewer_ids:
            reply = await self.generate(viewer_id)
            if reply.ranked_list is None or self._shards.last is None or self._ranker.last is None:
                raise RuntimeError(f"viewer {viewer_id} got no list: {reply.receipt}")
            ranked_ids = reply.ranked_list.item_ids
            found.append(Captured(viewer_id, self._shards.last, self._ranker.last, ranked_ids))
        return found


async def open_pipeline(generations: Path, home: Path) -> PipelineInProcess:
    """Open everything; `home` keeps the graph for the next time."""
    folder = current(generations)
    manifest = Manifest.read(folder)
    metrics = Metrics()
    clock: Clock = OffsetClock(0, WallClock())
    bus = open_bus(f"log://{home / 'bus'}")
    state = open_state_store(f"rocksdb://{home / 'state'}")
    numbers = range(manifest.shard_count)
    shards = _RecordingShards(open_shards(folder, manifest, numbers, bus, clock, metrics))
    graph = await open_social_graph(folder, manifest, home, bus, metrics)
    ranker = _RecordingRanker(open_ranker(folder, manifest, _AbsentBus(), metrics))  # type: ignore[arg-type]
    services = Services([shards], graph, ranker, in_turn)
    candidate_gen = open_candidate_gen(folder, manifest, services, bus, state, metrics)
    closes = (graph.close, state.close, bus.close)
    return PipelineInProcess(manifest, candidate_gen, shards, ranker, closes)
