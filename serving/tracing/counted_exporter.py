"""Counts what became of the batches of spans: a collector that is away shows nowhere else."""

import logging
from collections.abc import Callable, Sequence

import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

log = structlog.get_logger()


class CountedExporter(SpanExporter):
    """Passes everything on. Called from the exporting thread."""

    def __init__(self, exporter: SpanExporter, count: Callable[[str], None]) -> None:
        """`count` is told `sent` or `failed` once per batch."""
        self._exporter = exporter
        self._count = count
        self._arrives = True
        self._is_closing = False
        # The library has a line or two for every attempt; here a change is one.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)

    def close_soon(self) -> None:
        """From now on the first batch that does not arrive is the last that is tried."""
        self._is_closing = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self._is_closing and not self._arrives:
            self._count("failed")
            return SpanExportResult.FAILURE
        result = self._exporter.export(spans)
        arrives = result is SpanExportResult.SUCCESS
        self._count("sent" if arrives else "failed")
        if arrives != self._arrives:
            log.warning("traces arrive again" if arrives else "traces do not arrive")
        self._arrives = arrives
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)
