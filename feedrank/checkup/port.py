"""Whether the port of the server is free, or who answers there."""

import asyncio
import socket

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from feedrank.checkup.finding import Finding
from feedrank.client import SERVICE
from serving.listening import bind_failure

ASK_S = 2.0


def check_port(port: int) -> Finding:
    subject = f"port {port}"
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        reason = bind_failure(error)
    else:
        return Finding(subject, "good", "free")
    status = asyncio.run(_health(port))
    if status is None:
        return Finding(subject, "bad", reason, "stop that process, or serve with another --port")
    if status == health_pb2.HealthCheckResponse.SERVING:
        return Finding(subject, "good", "a feedrank server is serving there")
    advice = "wait until it has loaded; if it stays so, its log says why"
    return Finding(subject, "optional", "a feedrank server is there and not ready", advice)


async def _health(port: int) -> int | None:
    """What the server there says of its feeds; `None` if it is none of ours."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        request = health_pb2.HealthCheckRequest(service=SERVICE)
        try:
            answer = await health_pb2_grpc.HealthStub(channel).Check(request, timeout=ASK_S)
        except grpc.aio.AioRpcError:
            return None
        return int(answer.status)
