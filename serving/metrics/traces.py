"""Whether traces arrive where they are sent."""

from serving.metrics.metric import Metric

TRACE_EXPORTS = Metric(
    "feedrank_trace_exports_total", "counter", ("outcome",), "batches of spans sent or failed"
)
