"""A channel to one replica."""

from collections.abc import Callable
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from serving.lines.kept_line import KeptLine
from serving.replicas.switching import LINES
from serving.replicas.transport import Begin, PendingCall
from serving.switches.switches import EVERYTHING_ON, SwitchBoard

READY = grpc.ChannelConnectivity.READY
CONNECTING = (grpc.ChannelConnectivity.IDLE, grpc.ChannelConnectivity.CONNECTING)
NO_ANSWER = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


class GrpcTransport:
    """Implements `Transport`, over lines where the replica has them.

    The channel has no interceptors: those cost a task per call.

    Attributes:
        line: What calls go over.
    """

    def __init__(
        self,
        address: str,
        channel: grpc.aio.Channel,
        switches: SwitchBoard = EVERYTHING_ON,
    ) -> None:
        self.address = address
        self._channel = channel
        self.line = KeptLine(channel)
        self._switches = switches
        # Connects now, so that the first request need not wait for it.
        channel.get_state(try_to_connect=True)

    def method(
        self, path: str, request_serializer: Callable[..., Any], response_deserializer: Any
    ) -> Begin:
        """See `Transport.method`."""
        plainly: Any = self._channel.unary_unary(path, request_serializer, response_deserializer)

        def begin(message: Any, timeout_s: float, metadata: Any) -> PendingCall:
            is_off = LINES.key in self._switches.now.off
            line = None if is_off else self.line.current(timeout_s)
            if line is not None:
                request = request_serializer(message)
                if len(request) <= line.max_request_bytes:  # else it would hold up others
                    return line.call(path, request, response_deserializer, timeout_s, metadata)
            call: PendingCall = plainly(message, timeout=timeout_s, metadata=metadata)
            return call

        return begin

    def is_ready(self) -> bool:
        """See `Transport.is_ready`. A channel that has gone idle is woken by asking."""
        return self._channel.get_state(try_to_connect=True) is READY

    def is_connecting(self) -> bool:
        """See `Transport.is_connecting`."""
        return self._channel.get_state(try_to_connect=True) in CONNECTING

    async def is_alive(self, timeout_s: float) -> bool:
        """See `Transport.is_alive`."""
        check = health_pb2_grpc.HealthStub(self._channel).Check
        try:
            await check(health_pb2.HealthCheckRequest(), timeout=timeout_s)
        except grpc.aio.AioRpcError as error:
            return error.code() not in NO_ANSWER
        return True

    async def close(self, grace_s: float | None) -> None:
        """See `Transport.close`."""
        await self.line.close(grace_s)
        await self._channel.close(grace_s)
