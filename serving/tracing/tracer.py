"""Spans kept by OpenTelemetry's SDK. The only file that makes them."""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from serving.tracing.span import METADATA_KEY, Kind, Span

TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
KINDS = {
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
    "internal": SpanKind.INTERNAL,
}
SILENT = ("OK", "CANCELLED")
"""Statuses that are no failure of who answered."""


class Tracer:
    """Begins the spans of one process."""

    def __init__(self, provider: TracerProvider, close_soon: Callable[[], None]) -> None:
        """`close_soon`: tells who sends that waiting for the collector has no more use."""
        self._provider = provider
        self._close_soon = close_soon
        self._tracer = provider.get_tracer("feedrank")

    def begin_call(self, method: str, metadata: Iterable[tuple[str, Any]] | None) -> Span:
        """The span of a call that has come in, where its caller says or at the root."""
        sent = next((value for key, value in metadata or () if key == METADATA_KEY), "")
        started = self._tracer.start_span(
            method, _context(str(sent)), kind=SpanKind.SERVER, attributes={"rpc.system": "grpc"}
        )
        return _wrapped(self._tracer, started)

    def close(self) -> None:
        """Send what is waiting, as long as it arrives, and end. Blocks for seconds at most."""
        self._close_soon()
        self._provider.shutdown()


class RecordedSpan:
    """A span that will be sent."""

    def __init__(self, tracer: trace.Tracer, span: trace.Span) -> None:
        self._tracer = tracer
        self._span = span
        self._context = trace.set_span_in_context(span, Context())
        self.traceparent = _traceparent(span.get_span_context())
        self.trace_id = format(span.get_span_context().trace_id, "032x")

    def begin(self, name: str, kind: Kind) -> Span:
        span = self._tracer.start_span(name, self._context, kind=KINDS[kind])
        return RecordedSpan(self._tracer, span)

    def record(self, name: str, started_s: float, facts: Mapping[str, int]) -> None:
        now_ns = time.time_ns()
        start_ns = now_ns - round((time.perf_counter() - started_s) * 1e9)
        span = self._tracer.start_span(
            name, self._context, attributes=dict(facts), start_time=start_ns
        )
        span.end(now_ns)

    def record_delivery(self, name: str, traceparent: str) -> None:
        self._tracer.start_span(name, _context(traceparent), kind=SpanKind.CONSUMER).end()

    def end(self, status: str = "OK") -> None:
        self._span.set_attribute("rpc.grpc.status", status)
        if status not in SILENT:
            self._span.set_status(Status(StatusCode.ERROR, status))
        self._span.end()


class UnrecordedSpan:
    """Of a request that is not traced: it only tells the neighbours that they need not either."""

    trace_id = ""

    def __init__(self, traceparent: str) -> None:
        self.traceparent = traceparent

    def begin(self, name: str, kind: Kind) -> Span:
        del name, kind
        return self

    def record(self, name: str, started_s: float, facts: Mapping[str, int]) -> None: ...

    def record_delivery(self, name: str, traceparent: str) -> None: ...

    def end(self, status: str = "OK") -> None: ...


def _wrapped(tracer: trace.Tracer, span: trace.Span) -> Span:
    if span.is_recording():
        return RecordedSpan(tracer, span)
    return UnrecordedSpan(_traceparent(span.get_span_context()))


def _traceparent(context: SpanContext) -> str:
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def _context(traceparent: str) -> Context:
    """Where a span continues; what is no `traceparent` begins anew."""
    found = TRACEPARENT.fullmatch(traceparent)
    if found is None:
        return Context()
    trace_id, span_id, flags = (int(part, 16) for part in found.groups())
    parent = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags & 1))
    if not parent.is_valid:
        return Context()
    return trace.set_span_in_context(trace.NonRecordingSpan(parent), Context())
