"""All services over real gRPC in one event loop, each on a port of its own, over fake domains.

So a test sees every handler begin and end, and counts all tasks. Where `is_distributed` is false,
feed_assembly calls the others directly, as the embedded server does.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ann_shards import servicer as shards_servicer
from candidate_gen import servicer as candidates_servicer
from candidate_gen.channels import Channels
from candidate_gen.neighbours import Neighbours
from candidate_gen.pipeline import CandidatePipeline
from candidate_gen.query_building import QueryRules
from candidate_gen.settings import CandidateGenSettings
from feed_assembly import servicer as feed_servicer
from feed_assembly.main import CANDIDATES
from feed_assembly.page_keys import OneKey
from feed_assembly.service import open_feed_assembly
from generation.item_columns import EMBEDDING_DIM
from generation.manifest import Manifest
from protos import (
    ann_shard_pb2_grpc,
    candidates_pb2_grpc,
    feed_pb2_grpc,
    ranker_pb2_grpc,
    social_graph_pb2_grpc,
)
from ranker import servicer as ranker_servicer
from serving.bus.log_bus import LogBus
from serving.channels import open_channel
from serving.contracts.candidates import CandidateClient
from serving.contracts.clients.candidate_client import GrpcCandidateClient
from serving.contracts.graph import GraphClient
from serving.contracts.rank import RankerClient, RankReply, RankRequest
from serving.contracts.shard import SearchRequest, ShardAnswer
from serving.deadline import Deadline
from serving.metrics_recorder import Metrics
from serving.outgoing import Outgoing
from serving.replicas.neighbour import channel_of
from serving.replicas.open_neighbour import open_neighbour
from serving.server import GrpcServer
from serving.state.open_state_store import open_state_store
from social_graph import servicer as graph_servicer
from tests.candidate_gen.builders import VOCABULARY, a_neighbourhood, a_viewer
from tests.candidate_gen.fakes import FakeGraph, FakeShard, FakeViewerStates
from tests.candidate_gen.ring import GENERATION, POPULAR_AND_FRESH
from tests.feed_assembly.ring import ranked_list
from tests.serving.echo_service import local_settings
from tests.serving.fixed_clock import NOON_MS, FixedClock

LIST_ITEMS = 60
DEADLINE_MS = 60_000.0
PATIENCE_S = 30.0


class Work:
    """A place that calls pass, or stay at until they are let go.

    Attributes:
        going_on: Calls here now.
    """

    def __init__(self) -> None:
        self.going_on = 0
        self._wanted: list[tuple[int, asyncio.Future[None]]] = []
        self._open = asyncio.Event()
        self._open.set()

    def hold(self) -> None:
        self._open.clear()

    def let_go(self) -> None:
        self._open.set()

    async def pass_by(self) -> None:
        self._count(+1)
        try:
            await self._open.wait()
        finally:
            self._count(-1)

    async def until(self, going_on: int) -> None:
        """Return once exactly so many calls are here."""
        if self.going_on == going_on:
            return
        wanted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._wanted.append((going_on, wanted))
        async with asyncio.timeout(PATIENCE_S):
            await wanted

    def _count(self, change: int) -> None:
        self.going_on += change
        for going_on, wanted in self._wanted:
            if going_on == self.going_on and not wanted.done():
                wanted.set_result(None)


class SearchedShard:
    """What the servicer of shards needs of its domain; every search passes `searching`."""

    generation = GENERATION
    dim = EMBEDDING_DIM
    shard_numbers: Sequence[int] = (0,)

    def __init__(self, searching: Work) -> None:
        self._searching = searching
        self._shard = FakeShard(0, 1, POPULAR_AND_FRESH, {"author_id": [50, 51, 52, 53]})

    async def search(
        self, request: SearchRequest, deadline: Deadline, **_: object
    ) -> list[ShardAnswer]:
        await self._searching.pass_by()
        return await self._shard.search(request, deadline)


class OwnItemsRanker:
    """Ranks, for each viewer, the items that are theirs; every call passes `ranking`.

    Its lists are of the edge's generation: of another's the edge shows only what it knows.
    """

    def __init__(self, ranking: Work, generation: str) -> None:
        self._ranking = ranking
        self._generation = generation

    async def rank(self, request: RankRequest, _deadline: Deadline) -> RankReply:
        await self._ranking.pass_by()
        item_ids = own_items(request.viewer_id)
        ranked = ranked_list(request, item_ids, request.receipt)  # type: ignore[arg-type]
        return RankReply(request.receipt, replace(ranked, generation=self._generation))


def own_items(viewer_id: int) -> npt.NDArray[np.int64]:
    """Nobody else's."""
    return viewer_id * LIST_ITEMS + np.arange(LIST_ITEMS, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class ServedRing:
    """The stub of the edge, and what goes on in the innermost handlers."""

    stub: feed_pb2_grpc.FeedServiceStub
    searching: Work
    ranking: Work


@asynccontextmanager
async def run_served(
    generation: Path, folder: Path, *, is_distributed: bool
) -> AsyncIterator[ServedRing]:
    async with AsyncExitStack() as stack:
        ring = _Opening(stack, folder)
        searching, ranking = Work(), Work()
        shard, ranker = (
            SearchedShard(searching),
            OwnItemsRanker(ranking, Manifest.read(generation).name),
        )
        graph: GraphClient = FakeGraph(a_neighbourhood())
        candidates: CandidateClient
        if is_distributed:
            candidates = await ring.remote_candidates(shard, graph, ranker)
        else:
            candidates = _pipeline([shard], graph, ranker)
        edge = await ring.edge(generation, candidates)
        channel = open_channel(edge, feed_servicer.SERVICE_NAME)
        await stack.enter_async_context(channel)
        yield ServedRing(feed_pb2_grpc.FeedServiceStub(channel), searching, ranking)


def _pipeline(shards: Sequence[Any], graph: GraphClient, ranker: RankerClient) -> CandidatePipeline:
    neighbours = Neighbours(FakeViewerStates(a_viewer()), lambda _viewer: 0, graph, shards, ranker)
    return CandidatePipeline(GENERATION, 1, neighbours, QueryRules(VOCABULARY, True, {}), Metrics())


class _Opening:
    """Opens parts, to be closed by `stack`."""

    def __init__(self, stack: AsyncExitStack, folder: Path) -> None:
        self._stack = stack
        self._folder = folder

    async def remote_candidates(
        self, shard: SearchedShard, graph: GraphClient, ranker: RankerClient
    ) -> CandidateClient:
        shards_at = await self._serve(
            shards_servicer.SERVICE_NAME,
            ann_shard_pb2_grpc.add_AnnShardServiceServicer_to_server,
            shards_servicer.AnnShardServicer(shard, DEADLINE_MS),  # type: ignore[arg-type]
        )
        graph_at = await self._serve(
            graph_servicer.SERVICE_NAME,
            social_graph_pb2_grpc.add_SocialGraphServiceServicer_to_server,
            graph_servicer.SocialGraphServicer(graph, DEADLINE_MS),
        )
        ranker_at = await self._serve(
            ranker_servicer.SERVICE_NAME,
            ranker_pb2_grpc.add_RankerServiceServicer_to_server,
            ranker_servicer.RankerServicer(ranker, DEADLINE_MS),
        )
        settings = CandidateGenSettings(
            generations=self._folder,
            home=self._folder,
            shard_addresses=(shards_at,),
            graph_address=graph_at,
            ranker_address=ranker_at,
        )
        channels = Channels(settings, Metrics())
        self._stack.push_async_callback(channels.close)
        services = channels.services()
        candidates_at = await self._serve(
            candidates_servicer.SERVICE_NAME,
            candidates_pb2_grpc.add_CandidateServiceServicer_to_server,
            candidates_servicer.CandidateServicer(
                _pipeline(services.shards, services.graph, services.ranker), DEADLINE_MS
            ),
        )
        neighbour = open_neighbour(
            "candidate_gen",
            candidates_at,
            CANDIDATES,
            Metrics(),
            extra_call_share=settings.extra_call_share,
            max_message_bytes=settings.max_message_bytes,
            outgoing=Outgoing(settings, Metrics()),
        )
        self._stack.push_async_callback(neighbour.close)
        return GrpcCandidateClient(channel_of(neighbour))

    async def edge(self, generation: Path, candidates: CandidateClient) -> str:
        bus = LogBus(self._folder / "bus")
        state = open_state_store(f"rocksdb://{self._folder / 'state'}")
        await bus.start()
        self._stack.push_async_callback(state.close)
        self._stack.push_async_callback(bus.close)
        feed_assembly = open_feed_assembly(
            generation,
            Manifest.read(generation),
            bus,
            state,
            candidates,
            FixedClock(NOON_MS),
            Metrics(),
            OneKey(bytes(32)),
        )
        assert await feed_assembly.start()
        self._stack.push_async_callback(feed_assembly.close)
        return await self._serve(
            feed_servicer.SERVICE_NAME,
            feed_pb2_grpc.add_FeedServiceServicer_to_server,
            feed_servicer.FeedServicer(feed_assembly, DEADLINE_MS),
        )

    async def _serve(self, name: str, register: Callable[..., None], servicer: object) -> str:
        """The address of a server of one service."""
        # Who is refused on a busy machine has nothing to do with what these tests are about.
        server = GrpcServer(local_settings(self._folder, admission=False), Metrics())
        register(servicer, server.for_neighbours)
        await server.start([name])
        await server.mark_serving(name)
        self._stack.push_async_callback(server.drain)
        return f"127.0.0.1:{server.port}"
