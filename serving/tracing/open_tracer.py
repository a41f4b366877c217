"""Opens the tracer that the settings ask for, with a queue that a dead collector only fills.

Spans wait in a bounded queue for a thread that sends them: requests never wait for the collector.
"""

from typing import TYPE_CHECKING

from serving.metrics import TRACE_EXPORTS
from serving.metrics_recorder import Metrics
from serving.settings import CommonSettings

if TYPE_CHECKING:
    from serving.tracing.tracer import Tracer

MAX_WAITING_SPANS = 4_096
MAX_SENT_AT_ONCE = 512
SEND_EVERY_MS = 1_000
SEND_WITHIN_S = 3.0
"""Also bounds how long a process takes to end whose collector is away."""


def open_tracer(settings: CommonSettings, metrics: Metrics) -> "Tracer | None":
    """The tracer of this process; `None` without `trace_to`.

    Raises:
        ValueError: OpenTelemetry is not installed.
    """
    if settings.trace_to is None:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

        from serving.tracing.counted_exporter import CountedExporter
        from serving.tracing.tracer import Tracer
    except ImportError as error:
        raise ValueError("trace_to needs OpenTelemetry: pip install 'feedrank[trace]'") from error
    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(settings.trace_share)),
        resource=Resource({"service.name": f"feedrank.{settings.service}"}),
        shutdown_on_exit=False,
    )
    exporter = CountedExporter(
        OTLPSpanExporter(
            settings.trace_to,
            insecure=settings.trace_to.startswith("http://"),
            timeout=SEND_WITHIN_S,
        ),
        lambda outcome: metrics.counter(TRACE_EXPORTS, outcome).inc(),
    )
    provider.add_span_processor(
        BatchSpanProcessor(
            exporter,
            max_queue_size=MAX_WAITING_SPANS,
            max_export_batch_size=MAX_SENT_AT_ONCE,
            schedule_delay_millis=SEND_EVERY_MS,
            export_timeout_millis=SEND_WITHIN_S * 1_000,
        )
    )
    return Tracer(provider, exporter.close_soon)
