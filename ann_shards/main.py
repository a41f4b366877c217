"""A process of shards: `python -m ann_shards.main`, configured by FEEDRANK_… or a TOML file."""

import asyncio

import structlog

from ann_shards.counter_aggregator import CounterAggregator
from ann_shards.service import open_shards
from ann_shards.servicer import SERVICE_NAME, AnnShardServicer
from ann_shards.settings import AnnShardSettings
from protos import ann_shard_pb2_grpc
from serving.background_tasks import BackgroundTasks
from serving.bus.open_bus import open_bus
from serving.generation_in_service import generation_in_service
from serving.metrics_recorder import Metrics
from serving.native_executor import NativeExecutor
from serving.process import run_process
from serving.server import GrpcServer
from serving.service_clock import open_service_clock
from serving.state.open_state_store import open_state_store
from serving.store_metrics import follow_bus, follow_state

log = structlog.get_logger()


async def open_service(settings: AnnShardSettings, metrics: Metrics, server: GrpcServer) -> None:
    folder, manifest = generation_in_service(settings)
    clock = open_service_clock(settings, manifest)
    bus = open_bus(
        settings.bus, max_unreadable_share=settings.max_unreadable_share, metrics=metrics
    )
    executor = NativeExecutor(metrics)
    numbers = settings.shards or range(manifest.shard_count)
    shards = await asyncio.to_thread(
        open_shards, folder, manifest, numbers, bus, clock, metrics, executor
    )
    tasks = BackgroundTasks(on_failure=lambda: server.stop_soon(1))
    server.on_close("streams", tasks.close)
    server.on_close("shards", shards.close)
    await bus.start()
    follow_bus(metrics, bus.counters)
    if not await shards.start():
        log.warning("serving before all published items were read")
    tasks.start("ann_shards.streams", shards.run())
    if settings.aggregate_counters:
        store = open_state_store(settings.state)
        follow_state(metrics, store.counters)
        aggregator = CounterAggregator(bus, store, manifest, metrics)
        tasks.start("ann_shards.counter_aggregator", aggregator.run())
        server.on_close("state", store.close)
    server.on_close("bus", bus.close)
    server.on_close("executor", executor.close)
    servicer = AnnShardServicer(shards, settings.default_deadline_ms)
    ann_shard_pb2_grpc.add_AnnShardServiceServicer_to_server(servicer, server.for_neighbours)


if __name__ == "__main__":
    run_process(AnnShardSettings, [SERVICE_NAME], open_service)
