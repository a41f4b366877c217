"""How a process fares: its loop, its threads, and what it serves from."""

from serving.metrics.metric import MS_BUCKETS, Metric

GENERATION_AGE = Metric(
    "feedrank_generation_age_ms", "gauge", (), "clock minus data time of the generation in service"
)
LOOP_LAG = Metric(
    "feedrank_loop_lag_ms", "histogram", (), "how late the event loop woke a sleeper", MS_BUCKETS
)
EXECUTOR_REFUSED = Metric(
    "feedrank_executor_refused_total", "counter", (), "native jobs refused as the queue was full"
)
