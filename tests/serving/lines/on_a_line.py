"""Callers whose line is open, so that a test knows which way its calls go."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import grpc
from google.protobuf.descriptor import ServiceDescriptor

from serving.metrics_recorder import Metrics
from serving.outgoing import Outgoing
from serving.replicas.grpc_transport import GrpcTransport
from serving.replicas.neighbour import Neighbour, channel_of
from serving.replicas.open_neighbour import open_neighbour
from serving.server import GrpcServer
from tests.serving.echo_service import local_settings
from tests.serving.until import PATIENCE_S, until


async def until_on_a_line(neighbour: Neighbour) -> None:
    """Wait until every replica has a line open."""
    for replica in neighbour.replicas.replicas:
        transport = replica.transport
        assert isinstance(transport, GrpcTransport)
        await until(partial(transport.line.current, 1.0))


@asynccontextmanager
async def on_a_line(
    server: GrpcServer, service: ServiceDescriptor, folder: Path
) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a server that serves, for a stub."""
    neighbour = open_neighbour(
        "server",
        f"127.0.0.1:{server.port}",
        service,
        metrics := Metrics(),
        extra_call_share=0.0,
        max_message_bytes=4 * 2**20,
        outgoing=Outgoing(local_settings(folder), metrics),
    )
    try:
        assert await neighbour.reached(PATIENCE_S)
        await until_on_a_line(neighbour)
        yield channel_of(neighbour)
    finally:
        await neighbour.close()
