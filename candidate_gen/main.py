"""A candidate_gen process: `python -m candidate_gen.main`, configured by FEEDRANK_… or TOML."""

import asyncio

import structlog

from candidate_gen.channels import Channels
from candidate_gen.pipeline import SWITCHES
from candidate_gen.service import open_candidate_gen
from candidate_gen.servicer import SERVICE_NAME, CandidateServicer
from candidate_gen.settings import CandidateGenSettings
from candidate_gen.viewer_state.updater import owned_partitions
from protos import candidates_pb2_grpc
from serving.background_tasks import BackgroundTasks
from serving.bus.open_bus import open_bus
from serving.generation_in_service import generation_in_service
from serving.metrics_recorder import Metrics
from serving.process import run_process
from serving.replicas import switching
from serving.server import GrpcServer
from serving.state.open_state_store import open_state_store
from serving.store_metrics import follow_bus, follow_state
from serving.switches.follow_switches import follow_switches

DAY_MS = 86_400_000
CONNECT_S = 5.0
"""Wait for neighbours at start, which may start at the same time; then go on without them."""

CATCH_UP_S = 10.0
"""Wait for the overlay at start; a bus that is away must not keep the process from serving."""

log = structlog.get_logger()


async def open_service(
    settings: CandidateGenSettings, metrics: Metrics, server: GrpcServer
) -> None:
    folder, manifest = generation_in_service(settings)
    bus, store = (
        open_bus(settings.bus, max_unreadable_share=settings.max_unreadable_share, metrics=metrics),
        open_state_store(settings.state),
    )
    known = (*SWITCHES, *switching.SWITCHES)
    switches = follow_switches(known, settings, metrics, server)
    channels = Channels(settings, metrics, switches)
    max_age_days = settings.max_item_age_days
    candidate_gen = await asyncio.to_thread(
        open_candidate_gen,
        folder,
        manifest,
        channels.services(),
        bus,
        store,
        metrics,
        partitions=owned_partitions(settings.replica, settings.replicas),
        max_age_ms={surface: round(days * DAY_MS) for surface, days in max_age_days.items()},
        switches=switches,
    )
    tasks = BackgroundTasks(on_failure=lambda: server.stop_soon(1))
    server.on_close("viewer state", tasks.close)
    server.on_close("channels", channels.close)
    server.on_close("bus", bus.close)
    server.on_close("state", store.close)
    follow_bus(metrics, bus.counters)
    follow_state(metrics, store.counters)
    await bus.start()
    tasks.start("candidate_gen.viewer_state", candidate_gen.run())
    if not await candidate_gen.caught_up(CATCH_UP_S):
        log.warning("serving before all actions are applied", waited_s=CATCH_UP_S)
    if missing := await channels.unreached(CONNECT_S):
        log.warning("serving before all neighbours are connected", missing=missing)
    servicer = CandidateServicer(candidate_gen, settings.default_deadline_ms)
    candidates_pb2_grpc.add_CandidateServiceServicer_to_server(servicer, server.for_neighbours)


if __name__ == "__main__":
    run_process(CandidateGenSettings, [SERVICE_NAME], open_service)
