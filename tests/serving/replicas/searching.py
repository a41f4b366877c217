"""Real servers that answer `AnnShardService.Search` with their name, slowly if told to."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc

from protos import ann_shard_pb2
from serving.metrics_recorder import Metrics
from serving.outgoing import Outgoing
from serving.replicas.name_lookup import Follow, follow_name
from serving.replicas.neighbour import Neighbour
from serving.replicas.open_neighbour import open_neighbour
from serving.server import GrpcServer
from serving.structured_log import configure_logging
from tests.serving.echo_service import local_settings

SERVICE = ann_shard_pb2.DESCRIPTOR.services_by_name["AnnShardService"]
METHOD = f"/{SERVICE.full_name}/Search"

Behaviour = Callable[[bytes, grpc.aio.ServicerContext], Awaitable[bytes]]


async def started(
    folder: Path,
    behaviour: Behaviour,
    port: int = 0,
    *,
    over_lines: bool = True,
    **settings: object,
) -> GrpcServer:
    """A server in this process, in service; `over_lines`: whether it has lines."""
    server = GrpcServer(local_settings(folder, port=port, **settings), Metrics())
    handler = grpc.unary_unary_rpc_method_handler(behaviour)
    where = server.for_neighbours if over_lines else server.grpc_server
    where.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler(
                SERVICE.full_name, {"Search": handler, "Unlisted": handler}
            ),
        )
    )
    await server.start([SERVICE.full_name])
    await server.mark_serving(SERVICE.full_name)
    return server


@asynccontextmanager
async def serving(
    folder: Path, behaviour: Behaviour, port: int = 0, **settings: Any
) -> AsyncIterator[GrpcServer]:
    """The same, drained in the end."""
    server = await started(folder, behaviour, port, **settings)
    try:
        yield server
    finally:
        await server.drain()


class SearchProcess:
    """A server in a process of its own, to be stopped and killed.

    It answers `wait` after a second, anything else at once.
    """

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "tests.serving.replicas.searching", str(folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.address = f"127.0.0.1:{int(self._process.stdout.readline())}"

    def __enter__(self) -> "SearchProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def pause(self) -> None:
        os.kill(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self._process.pid, signal.SIGCONT)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()


class Searching:
    """A caller of replicas."""

    def __init__(self, neighbour: Neighbour, metrics: Metrics) -> None:
        self.neighbour = neighbour
        self.metrics = metrics
        self._search = neighbour.unary_unary(METHOD, bytes, bytes)

    async def call(self, message: bytes = b"now", timeout_s: float = 10.0) -> str:
        """Who answered."""
        answer: bytes = await self._search(message, timeout=timeout_s)
        return answer.decode()

    async def until_all_answer(self, count: int) -> None:
        """Wait until so many replicas have answered."""
        seen: set[str] = set()
        async with asyncio.timeout(30):
            while len(seen) < count:
                seen.add(await self.call())


@asynccontextmanager
async def searching(
    folder: Path, addresses: str, follow: Follow = follow_name, **settings: object
) -> AsyncIterator[Searching]:
    metrics = Metrics()
    neighbour = open_neighbour(
        "shard",
        addresses,
        SERVICE,
        metrics,
        extra_call_share=0.05,
        max_message_bytes=1_000_000,
        outgoing=Outgoing(local_settings(folder, **settings), metrics),
        follow=follow,
    )
    try:
        yield Searching(neighbour, metrics)
    finally:
        await neighbour.close()


async def main(folder: Path) -> None:
    name = str(os.getpid()).encode()

    async def tell_name(request: bytes, _context: grpc.aio.ServicerContext) -> bytes:
        if request == b"wait":
            await asyncio.sleep(1.0)
        return name

    configure_logging("warning", "searching")
    server = await started(folder, tell_name)
    print(server.port, flush=True)
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
