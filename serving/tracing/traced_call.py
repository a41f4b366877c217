"""Calls to neighbours as parts of a trace."""

import asyncio
from collections.abc import Generator
from typing import Any

import grpc

from serving.tracing.span import Span


class TracedCall:
    """A call of gRPC whose span ends with it, for whoever awaits it."""

    def __init__(self, call: Any, span: Span) -> None:
        self._call = call
        self._span = span

    def __await__(self) -> Generator[Any, None, Any]:
        try:
            answer = yield from self._call.__await__()
        except grpc.aio.AioRpcError as error:
            self._span.end(error.code().name)
            raise
        except asyncio.CancelledError:
            self._span.end("CANCELLED")
            raise
        self._span.end()
        return answer

    def cancel(self) -> bool:
        return bool(self._call.cancel())
