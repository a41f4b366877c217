"""Reading a stream to its end, on either side."""

from collections.abc import AsyncIterator
from typing import Any

import grpc

EOF: object = grpc.aio.EOF  # type: ignore[attr-defined]  # missing in the stubs


async def messages_of(stream: Any) -> AsyncIterator[Any]:
    """Each message; `stream` is gRPC's call, or the context of a handler.

    Raises:
        grpc.aio.AioRpcError: a call has failed.
    """
    while (message := await stream.read()) is not EOF:
        yield message
