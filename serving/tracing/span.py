"""The span of the call that code works for. Off, or not sampled, it costs a look at one variable.

Nothing here imports OpenTelemetry: serving works without it.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Literal, Protocol

METADATA_KEY = "traceparent"
"""As the W3C names it, in gRPC's metadata and in messages of the bus."""

Kind = Literal["server", "client", "producer", "consumer", "internal"]


class Span(Protocol):
    """One part of a trace, under way.

    Attributes:
        traceparent: What tells others to continue here, in the W3C's form.
        trace_id: For people to search with; empty when nothing is recorded.
    """

    @property
    def traceparent(self) -> str: ...

    @property
    def trace_id(self) -> str: ...

    def begin(self, name: str, kind: Kind) -> "Span":
        """A part of this one; end it."""
        ...

    def record(self, name: str, started_s: float, facts: Mapping[str, int]) -> None:
        """A part that ends now and began at `started_s` of `time.perf_counter`."""
        ...

    def record_delivery(self, name: str, traceparent: str) -> None:
        """A message has come; it is part of the span that sent it."""
        ...

    def end(self, status: str = "OK") -> None:
        """`status`: name of a gRPC status."""
        ...


CURRENT: ContextVar[Span | None] = ContextVar("current_span", default=None)
"""Of the call this task answers. Tasks that are started from it inherit it."""


def begin_part(name: str, kind: Kind) -> Span | None:
    """A part of the current span; `None` where nothing is traced."""
    span = CURRENT.get()
    return None if span is None else span.begin(name, kind)
