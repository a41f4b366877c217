"""A server of example size: one generic method whose request says what to do."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import grpc

from serving import errors
from serving.metrics_recorder import Metrics
from serving.server import GrpcServer
from serving.settings import CommonSettings
from serving.settings_loading import load_settings
from serving.structured_log import configure_logging

SERVICE = "test.EchoService"
METHOD = f"/{SERVICE}/Echo"

Behaviour = Callable[[bytes, grpc.aio.ServicerContext], Awaitable[bytes]]


async def echo(request: bytes, context: grpc.aio.ServicerContext) -> bytes:
    """Answer the request, or fail in the way it names."""
    if request == b"invalid":
        raise errors.InvalidRequestError("page_size", "51 is above the limit 50")
    if request == b"invalid and long":
        raise errors.InvalidRequestError("page_token" * 1_000, "x" * 100_000)
    if request == b"bug":
        raise RuntimeError("password=hunter2")
    if request == b"stray cancel":
        lost = asyncio.get_running_loop().create_future()
        lost.cancel()
        await lost
    if request == b"remaining":
        return f"{context.time_remaining()}".encode()
    if hasattr(errors, request.decode()):
        raise getattr(errors, request.decode())("redis at 10.0.0.3 is away")
    return request


def add_echo(server: GrpcServer, behaviour: Behaviour = echo) -> None:
    """Register `behaviour` as the only method."""
    handler = grpc.unary_unary_rpc_method_handler(behaviour)
    server.grpc_server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(SERVICE, {"Echo": handler}),)
    )


def local_settings(folder: Path, **fields: object) -> CommonSettings:
    """Settings of a server on a free port that drains without waiting."""
    given = {"port": 0, "unhealthy_wait_s": 0.0, "generations": folder, "home": folder} | fields
    return CommonSettings(**given)  # type: ignore[arg-type]


async def main() -> int:
    """A whole server process: tells its port, says when a call has begun, ends on a signal."""
    settings = load_settings(CommonSettings)
    configure_logging(settings.log_level, "echo")
    server = GrpcServer(settings, Metrics())

    async def echo_or_wait(request: bytes, _context: grpc.aio.ServicerContext) -> bytes:
        if request == b"wait":
            print("begun", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
        return request

    async def close() -> None:
        print("closed", flush=True)

    add_echo(server, echo_or_wait)
    server.on_close("resource", close)
    await server.start([SERVICE])
    await server.mark_serving(SERVICE)
    print(server.port, flush=True)
    return await server.run_until_signal()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
