"""A caller on an open line, and handlers that tell what happens to its calls."""

import asyncio
from contextlib import asynccontextmanager

import grpc
import pytest

from tests.serving.echo_service import echo
from tests.serving.lines.on_a_line import until_on_a_line
from tests.serving.replicas.searching import searching, serving


@asynccontextmanager
async def calling(folder, behaviour=echo, **settings):
    """A caller on an open line, and the server."""
    async with (
        serving(folder, behaviour, **settings) as server,
        searching(folder, f"127.0.0.1:{server.port}") as caller,
    ):
        assert await caller.neighbour.reached(10.0)
        await until_on_a_line(caller.neighbour)
        yield caller, server


async def failure_of(caller, message, timeout_s=3.0):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await caller.call(message, timeout_s)
    return caught.value


async def tell_way(_request, context):
    return type(context).__name__.encode()


class Held:
    """A handler that goes on when it is let go, and says how it ended."""

    def __init__(self):
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.ended = asyncio.get_running_loop().create_future()

    async def __call__(self, request, _context):
        if request != b"wait":
            return request
        self.begun.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.ended.set_result("cancelled")
            raise
        self.ended.set_result("answered")
        return request
