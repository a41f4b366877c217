"""Who waits at the admission gate, and who is turned away."""

from serving.metrics.metric import MS_BUCKETS, Metric

ADMISSION_REFUSED = Metric(
    "feedrank_admission_refused_total",
    "counter",
    ("call", "reason"),
    "calls refused: at the limit, with too little time left, or for more urgent ones",
)
ADMISSION_LIMIT = Metric(
    "feedrank_admission_limit_calls", "gauge", ("call",), "calls that may run at a time"
)
ADMISSION_WAIT = Metric(
    "feedrank_admission_wait_ms", "histogram", ("call",), "wait for a turn, if any", MS_BUCKETS
)
