"""A feed_assembly process: `python -m feed_assembly.main`, set up by FEEDRANK_… or a TOML file."""

import asyncio

import structlog

from feed_assembly.page_keys import OneKey, PageKeys, WatchedRing, keys_at_home
from feed_assembly.service import open_feed_assembly
from feed_assembly.servicer import SERVICE_NAME, FeedServicer
from feed_assembly.settings import FeedAssemblySettings
from protos import candidates_pb2, feed_pb2_grpc
from serving.background_tasks import BackgroundTasks
from serving.bus import topics
from serving.bus.open_bus import open_bus
from serving.contracts.clients.candidate_client import GrpcCandidateClient
from serving.generation_in_service import generation_in_service
from serving.metrics_recorder import Metrics
from serving.outgoing import Outgoing
from serving.process import run_process
from serving.replicas import switching
from serving.replicas.neighbour import channel_of
from serving.replicas.open_neighbour import open_neighbour
from serving.server import GrpcServer
from serving.service_clock import open_service_clock
from serving.state.open_state_store import open_state_store
from serving.store_metrics import follow_bus, follow_state
from serving.switches.follow_switches import follow_switches

CANDIDATES = candidates_pb2.DESCRIPTOR.services_by_name["CandidateService"]

CONNECT_S = 5.0
"""Wait for candidate_gen at start, which may start at the same time; then go on without it."""

PREPARE_S = 10.0
"""Wait for the bus at start; one that is away must not keep the process from serving."""

log = structlog.get_logger()


async def open_service(
    settings: FeedAssemblySettings, metrics: Metrics, server: GrpcServer
) -> None:
    folder, manifest = generation_in_service(settings)
    clock = open_service_clock(settings, manifest)
    bus, state = (
        open_bus(settings.bus, max_unreadable_share=settings.max_unreadable_share, metrics=metrics),
        open_state_store(settings.state),
    )
    switches = follow_switches(switching.SWITCHES, settings, metrics, server)
    candidate_gen = open_neighbour(
        "candidate_gen",
        settings.candidate_address,
        CANDIDATES,
        metrics,
        extra_call_share=settings.extra_call_share,
        max_message_bytes=settings.max_message_bytes,
        outgoing=Outgoing(settings, metrics),
        switches=switches,
    )
    feed_assembly = await asyncio.to_thread(
        open_feed_assembly,
        folder,
        manifest,
        bus,
        state,
        GrpcCandidateClient(channel_of(candidate_gen)),
        clock,
        metrics,
        _page_keys(settings, metrics),
        (settings.replica, settings.replicas),
        assume_seen=settings.assume_seen,
        switches=switches,
    )
    tasks = BackgroundTasks(on_failure=lambda: server.stop_soon(1))
    server.on_close("readers", tasks.close)
    server.on_close("feed_assembly", feed_assembly.close)
    server.on_close("channels", candidate_gen.close)
    server.on_close("bus", bus.close)
    server.on_close("state", state.close)
    follow_bus(metrics, bus.counters)
    follow_state(metrics, state.counters)
    await bus.start()
    await bus.prepare(
        [topics.ACTIONS, topics.SERVED, topics.items(manifest.shard_count)], PREPARE_S
    )
    await feed_assembly.start()
    tasks.start("feed_assembly.readers", feed_assembly.run())
    if not await candidate_gen.reached(CONNECT_S):
        log.warning("serving before candidate_gen is connected")
    servicer = FeedServicer(
        feed_assembly,
        settings.default_deadline_ms,
        allow_as_of=settings.allow_as_of,
        allow_rung=settings.allow_rung,
    )
    feed_pb2_grpc.add_FeedServiceServicer_to_server(servicer, server.grpc_server)


def _page_keys(settings: FeedAssemblySettings, metrics: Metrics) -> PageKeys:
    if settings.page_token_keys is not None:
        return WatchedRing(settings.page_token_keys, metrics)
    if settings.page_token_key is not None:
        return OneKey(bytes.fromhex(settings.page_token_key.get_secret_value()))
    return keys_at_home(settings.home, metrics)


if __name__ == "__main__":
    run_process(FeedAssemblySettings, [SERVICE_NAME], open_service)
