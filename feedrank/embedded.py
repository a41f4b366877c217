"""The embedded server: all services in one process and one event loop, gRPC only at the edge.

The services are the same objects as in their own processes; here they call one another directly.
"""

import asyncio

import structlog

from ann_shards.counter_aggregator import CounterAggregator
from ann_shards.service import open_shards
from ann_shards.shards import Shards
from candidate_gen.service import CandidateGen, Services, open_candidate_gen
from candidate_gen.together import at_once, in_turn
from feed_assembly.page_keys import keys_at_home
from feed_assembly.service import FeedAssembly, open_feed_assembly
from feed_assembly.servicer import SERVICE_NAME, FeedServicer
from feedrank.all_switches import SWITCHES
from feedrank.embedded_settings import EmbeddedSettings
from generation.manifest import InvalidGenerationError
from protos import feed_pb2_grpc
from ranker.onnx_model import ModelError
from ranker.service import open_ranker
from serving.background_tasks import BackgroundTasks
from serving.bus.open_bus import open_bus
from serving.errors import FeedError
from serving.generation_in_service import generation_in_service
from serving.listening import PortError
from serving.loop_stall import LoopStall
from serving.loop_watch import watch_loop
from serving.metrics_recorder import Metrics
from serving.native_executor import NativeExecutor
from serving.native_threads import hold_native_threads
from serving.process_metrics import follow_process
from serving.server import GrpcServer
from serving.service_clock import open_service_clock
from serving.settled_heap import settle_heap
from serving.state.open_state_store import open_state_store
from serving.store_metrics import follow_bus, follow_state
from serving.switches.follow_switches import follow_switches
from social_graph.service import open_social_graph
from social_graph.social_graph import SocialGraph

CATCH_UP_S = 30.0
"""Longest wait at start for the overlays to contain what the log holds."""

DAY_MS = 86_400_000
log = structlog.get_logger()


class StartError(Exception):
    """The server cannot start; the message names what is wrong."""


class EmbeddedServer:
    """A running server. Made by `open_embedded`; belongs to its event loop."""

    def __init__(self, server: GrpcServer) -> None:
        self._server = server

    @property
    def port(self) -> int:
        return self._server.port

    async def run_until_signal(self) -> int:
        """Serve until SIGTERM or SIGINT, drain, close everything; returns the exit code."""
        return await self._server.run_until_signal()

    async def drain(self) -> int:
        """Stop without waiting for a signal."""
        return await self._server.drain()


async def open_embedded(settings: EmbeddedSettings) -> EmbeddedServer:
    """Load everything, catch up with the log, and serve.

    Raises:
        StartError: naming the file, address or port that is the problem.
    """
    hold_native_threads()
    metrics = Metrics()
    server = GrpcServer(settings, metrics)
    try:
        feeds = await _open_services(settings, metrics, server)
        servicer = FeedServicer(
            feeds,
            settings.default_deadline_ms,
            allow_as_of=settings.allow_as_of,
            allow_rung=settings.allow_rung,
        )
        feed_pb2_grpc.add_FeedServiceServicer_to_server(servicer, server.grpc_server)
        settle_heap()
        await server.start([SERVICE_NAME])
    except (InvalidGenerationError, ModelError, FeedError, PortError, ValueError, OSError) as error:
        await server.drain()
        raise StartError(str(error)) from error
    await server.mark_serving(SERVICE_NAME)
    return EmbeddedServer(server)


async def _open_services(
    settings: EmbeddedSettings, metrics: Metrics, server: GrpcServer
) -> FeedAssembly:
    """Open and start the services, those that are called before their callers."""
    folder, manifest = generation_in_service(settings)
    clock = open_service_clock(settings, manifest)
    tasks = BackgroundTasks(on_failure=lambda: server.stop_soon(1))
    server.on_close("background tasks", tasks.close)
    bus, state = (
        open_bus(settings.bus, max_unreadable_share=settings.max_unreadable_share, metrics=metrics),
        open_state_store(settings.state),
    )
    await bus.start()
    follow_bus(metrics, bus.counters)
    follow_state(metrics, state.counters)
    follow_process(metrics, settings)
    executor = NativeExecutor(metrics)
    numbers = range(manifest.shard_count)
    shards = await asyncio.to_thread(
        open_shards, folder, manifest, numbers, bus, clock, metrics, executor
    )
    graph = await open_social_graph(folder, manifest, settings.home, bus, metrics)
    switches = follow_switches(SWITCHES, settings, metrics, server)
    ranker = open_ranker(folder, manifest, bus, metrics, switches=switches)
    services = Services([shards], graph, ranker, in_turn if state.is_local else at_once)
    candidate_gen = await asyncio.to_thread(
        open_candidate_gen,
        folder,
        manifest,
        services,
        bus,
        state,
        metrics,
        max_age_ms={s: round(days * DAY_MS) for s, days in settings.max_item_age_days.items()},
        switches=switches,
    )
    feeds = await asyncio.to_thread(
        open_feed_assembly,
        folder,
        manifest,
        bus,
        state,
        candidate_gen,
        clock,
        metrics,
        keys_at_home(settings.home, metrics),
        assume_seen=settings.assume_seen,
        switches=switches,
    )
    for name, close in (
        ("feed_assembly", feeds.close),
        ("shards", shards.close),
        ("graph", graph.close),
        ("bus", bus.close),
        ("state", state.close),
        ("executor", executor.close),
    ):
        server.on_close(name, close)
    await shards.start()
    await graph.start()
    await feeds.start()
    aggregator = CounterAggregator(bus, state, manifest, metrics)
    tasks.start("state", state.until_damaged())
    tasks.start("ann_shards.streams", shards.run())
    tasks.start("ann_shards.counter_aggregator", aggregator.run())
    tasks.start("social_graph", graph.run())
    tasks.start("candidate_gen.viewer_state", candidate_gen.run())
    tasks.start("feed_assembly.readers", feeds.run())
    stall = LoopStall(server.withdraw, server.restore, metrics)
    tasks.start("loop_watch", watch_loop(metrics, stall))
    await _catch_up(candidate_gen, graph, shards)
    return feeds


async def _catch_up(candidate_gen: CandidateGen, graph: SocialGraph, shards: Shards) -> None:
    for name, overlay in (("viewers", candidate_gen), ("graph", graph), ("shards", shards)):
        if not await overlay.caught_up(CATCH_UP_S):
            log.warning("serving before everything on the bus is applied", overlay=name)
