"""One of the processes behind a replica set, and what is known about it."""

from collections.abc import Callable
from typing import Any

from serving.replicas.latency_digest import LatencyDigest
from serving.replicas.standing import Standing, State
from serving.replicas.transport import Begin, Transport


class Replica:
    """Attributes:
    index: Small number, for metrics.
    in_flight: Calls under way.
    latency: Of calls that ended or were given up; the latter took longer than that.
    """

    __slots__ = ("_methods", "in_flight", "index", "latency", "standing", "transport")

    def __init__(self, index: int, transport: Transport) -> None:
        self.index = index
        self.transport = transport
        self.in_flight = 0
        self.latency = LatencyDigest()
        self.standing = Standing()
        self._methods: dict[str, Begin] = {}

    def method(
        self, path: str, request_serializer: Callable[..., Any], response_deserializer: Any
    ) -> Begin:
        """How to begin calls of a method here."""
        begin = self._methods.get(path)
        if begin is None:
            begin = self.transport.method(path, request_serializer, response_deserializer)
            self._methods[path] = begin
        return begin

    def is_usable(self) -> bool:
        """Whether calls may go here without a second thought."""
        return self.standing.state is State.IN_SERVICE and self.transport.is_ready()
