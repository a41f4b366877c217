"""A ranker process: `python -m ranker.main`, configured by FEEDRANK_… variables or a TOML file."""

from protos import ranker_pb2_grpc
from ranker.service import open_ranker
from ranker.servicer import SERVICE_NAME, RankerServicer
from ranker.settings import RankerSettings
from ranker.switching import SWITCHES
from serving.bus.open_bus import open_bus
from serving.bus.topics import RANKED_LISTS
from serving.generation_in_service import generation_in_service
from serving.metrics_recorder import Metrics
from serving.process import run_process
from serving.server import GrpcServer
from serving.store_metrics import follow_bus
from serving.switches.follow_switches import follow_switches

PREPARE_S = 10.0
"""Wait for the bus at start; one that is away must not keep the process from serving."""


async def open_service(settings: RankerSettings, metrics: Metrics, server: GrpcServer) -> None:
    bus = open_bus(
        settings.bus, max_unreadable_share=settings.max_unreadable_share, metrics=metrics
    )
    server.on_close("bus", bus.close)
    switches = follow_switches(SWITCHES, settings, metrics, server)
    ranker = open_ranker(*generation_in_service(settings), bus, metrics, switches=switches)
    await bus.start()
    await bus.prepare([RANKED_LISTS], PREPARE_S)
    follow_bus(metrics, bus.counters)
    servicer = RankerServicer(ranker, settings.default_deadline_ms)
    ranker_pb2_grpc.add_RankerServiceServicer_to_server(servicer, server.for_neighbours)


if __name__ == "__main__":
    run_process(RankerSettings, [SERVICE_NAME], open_service)
