"""A ranker with a bug: `python -m tests.integration.faulty_ranker` fails at a file of its home."""

from typing import Any

from protos import ranker_pb2_grpc
from ranker.servicer import SERVICE_NAME
from ranker.settings import RankerSettings
from serving.metrics_recorder import Metrics
from serving.process import run_process
from serving.server import GrpcServer


async def open_service(settings: RankerSettings, _metrics: Metrics, server: GrpcServer) -> None:
    class FaultyServicer(ranker_pb2_grpc.RankerServiceServicer):
        async def Rank(self, _request: Any, _context: Any) -> Any:  # noqa: N802
            return (settings.home / "lost.onnx").read_bytes()

    ranker_pb2_grpc.add_RankerServiceServicer_to_server(FaultyServicer(), server.for_neighbours)


if __name__ == "__main__":
    run_process(RankerSettings, [SERVICE_NAME], open_service)
