"""A social graph process: `python -m social_graph.main`, configured by FEEDRANK_… or TOML."""

import structlog

from protos import social_graph_pb2_grpc
from serving.background_tasks import BackgroundTasks
from serving.bus.open_bus import open_bus
from serving.generation_in_service import generation_in_service
from serving.metrics_recorder import Metrics
from serving.native_executor import NativeExecutor
from serving.process import run_process
from serving.server import GrpcServer
from serving.store_metrics import follow_bus
from social_graph.service import open_social_graph
from social_graph.servicer import SERVICE_NAME, SocialGraphServicer
from social_graph.settings import SocialGraphSettings

log = structlog.get_logger()


async def open_service(settings: SocialGraphSettings, metrics: Metrics, server: GrpcServer) -> None:
    folder, manifest = generation_in_service(settings)
    bus = open_bus(
        settings.bus, max_unreadable_share=settings.max_unreadable_share, metrics=metrics
    )
    executor = NativeExecutor(metrics)
    graph = await open_social_graph(folder, manifest, settings.home, bus, metrics, executor)
    tasks = BackgroundTasks(on_failure=lambda: server.stop_soon(1))
    server.on_close("streams", tasks.close)
    server.on_close("graph", graph.close)
    server.on_close("bus", bus.close)
    server.on_close("executor", executor.close)
    await bus.start()
    follow_bus(metrics, bus.counters)
    if not await graph.start():
        log.warning("serving before all actions are applied")
    tasks.start("social_graph.overlay", graph.run())
    servicer = SocialGraphServicer(graph, settings.default_deadline_ms)
    social_graph_pb2_grpc.add_SocialGraphServiceServicer_to_server(servicer, server.for_neighbours)


if __name__ == "__main__":
    run_process(SocialGraphSettings, [SERVICE_NAME], open_service)
