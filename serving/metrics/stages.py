"""What the stages of a request take in, pass on and cost."""

from serving.metrics.metric import COUNT_BUCKETS, MS_BUCKETS, Metric

STAGE_IN = Metric(
    "feedrank_stage_in_candidates", "histogram", ("stage",), "rows given to it", COUNT_BUCKETS
)
STAGE_OUT = Metric(
    "feedrank_stage_out_candidates", "histogram", ("stage",), "rows it passed on", COUNT_BUCKETS
)
STAGE_LATENCY = Metric(
    "feedrank_stage_latency_ms", "histogram", ("stage",), "time in the stage", MS_BUCKETS
)
STAGE_FAILURES = Metric(
    "feedrank_stage_failures_total", "counter", ("stage", "cause"), "stages that fell back"
)
FILTERED = Metric(
    "feedrank_filtered_candidates_total", "counter", ("filter",), "candidates a filter dropped"
)
DEFAULTED_COLUMNS = Metric(
    "feedrank_defaulted_columns_total",
    "counter",
    ("column",),
    "requests in which a column held its declared default for every row",
)
