"""A collector of traces for tests: keeps every span that is sent to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as pb
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Attributes:
    spans: As they came, each with the name of its service.
    """

    def __init__(self) -> None:
        self.spans: list[tuple[str, Any]] = []
        self.address = ""

    async def Export(self, request: Any, _context: Any) -> Any:  # noqa: N802
        for of_resource in request.resource_spans:
            attributes = of_resource.resource.attributes
            service = next(a.value.string_value for a in attributes if a.key == "service.name")
            for scope in of_resource.scope_spans:
                self.spans += [(service, span) for span in scope.spans]
        return pb.ExportTraceServiceResponse()

    def named(self, name: str) -> list[Any]:
        return [span for _, span in self.spans if span.name == name]

    def tree(self, root: Any) -> dict[str, Any]:
        """The names of all parts of a span, and theirs."""
        parts = [span for _, span in self.spans if span.parent_span_id == root.span_id]
        return {span.name: self.tree(span) for span in parts}


@asynccontextmanager
async def run_collector() -> AsyncIterator[Collector]:
    collector, server = Collector(), grpc.aio.server()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)
    collector.address = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    try:
        yield collector
    finally:
        await server.stop(0)
