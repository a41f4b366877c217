"""What is needed of a connection to a replica: a channel today, some other transport one day."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol


class PendingCall(Protocol):
    """A call under way. Awaiting it gives the answer or raises `grpc.aio.AioRpcError`."""

    def __await__(self) -> Any: ...

    def cancel(self) -> bool:
        """Tell the replica to stop; whoever awaits the call gets `CancelledError`."""
        ...


Begin = Callable[[Any, float, Any], PendingCall]
"""Begins a call: message, timeout in seconds, metadata."""


class Transport(Protocol):
    """The connection to one replica.

    Attributes:
        address: For logs.
    """

    address: str

    def method(
        self, path: str, request_serializer: Callable[..., Any], response_deserializer: Any
    ) -> Begin:
        """How to begin calls of a method."""
        ...

    def is_ready(self) -> bool:
        """Whether it is connected and reports SERVING. A few microseconds at most."""
        ...

    def is_connecting(self) -> bool:
        """Whether it may be ready in a moment."""
        ...

    def is_alive(self, timeout_s: float) -> Awaitable[bool]:
        """Ask for its health: an answer within the time will do, whatever it is."""
        ...

    async def close(self, grace_s: float | None) -> None:
        """Let calls under way end within `grace_s`, at once for `None`."""
        ...
