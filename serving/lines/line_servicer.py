"""The server's end of lines: every call on them is handled as one that came without."""

from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from protos import line_pb2 as pb
from protos import line_pb2_grpc
from serving.lines.carried_methods import CarriedMethods
from serving.lines.served_line import Room, ServedLine

SERVICE_NAME = pb.DESCRIPTOR.services_by_name["LineService"].full_name
OPEN = f"/{SERVICE_NAME}/Open"

Admit = Callable[[Any, Any], Awaitable[object]]


class LineServicer(line_pb2_grpc.LineServiceServicer):
    """Serves all lines of a server."""

    def __init__(self, methods: CarriedMethods, room: Room, admit: Admit) -> None:
        """`admit` is called as a unary handler is, and ends what may not open a line."""
        self._methods = methods
        self._room = room
        self._admit = admit

    async def Open(  # type: ignore[override]  # noqa: N802 - gRPC also takes what writes by itself
        self, _requests: object, context: grpc.aio.ServicerContext[Any, Any]
    ) -> None:
        await self._admit(None, context)
        line = ServedLine(context, self._methods, self._room)
        await line.run()

    def close(self) -> None:
        """From now on answer UNAVAILABLE to new calls, as a server does that stops."""
        self._room.is_closed = True
