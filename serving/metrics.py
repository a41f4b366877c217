"""Every metric of every service in one list, and the recorder that keeps them.

Durations are in milliseconds, as everywhere here. Labels have few values: never an id.
"""

from dataclasses import dataclass
from typing import Literal

MS_BUCKETS = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 25.0, 50.0, 100.0, 250.0, 1_000.0)
COUNT_BUCKETS = (0.0, 1.0, 10.0, 50.0, 100.0, 200.0, 350.0, 500.0, 750.0, 1_000.0, 2_000.0, 5_000.0)
SHARE_BUCKETS = (0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: `feedrank_…`, ending in its unit; counters end in `_total`.
        kind: A `total` is a counter kept elsewhere and read when metrics are scraped.
        labels: In the order values are given to `Metrics`.
        buckets: Upper bounds, for histograms only.
    """

    name: str
    kind: Literal["counter", "total", "gauge", "histogram"]
    labels: tuple[str, ...]
    meaning: str
    buckets: tuple[float, ...] = ()


RPC_CALLS = Metric(
    "feedrank_rpc_calls_total", "counter", ("method", "status"), "calls answered, by gRPC status"
)
RPC_LATENCY = Metric(
    "feedrank_rpc_latency_ms", "histogram", ("method",), "time in the handler", MS_BUCKETS
)
RPC_IN_FLIGHT = Metric("feedrank_rpc_in_flight_calls", "gauge", (), "calls being answered now")
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
DEGRADED = Metric(
    "feedrank_degraded_answers_total", "counter", ("reason",), "answers whose receipt says why"
)
SHARD_COVERAGE = Metric(
    "feedrank_shard_coverage_ratio",
    "histogram",
    (),
    "shards that answered, of all, per request",
    SHARE_BUCKETS,
)
FEEDS = Metric(
    "feedrank_feeds_total",
    "counter",
    ("origin",),
    "pages by where they came from, as receipts say: ranked, stored, page, floor or repeat",
)
STORED_FEED_LOOKUPS = Metric(
    "feedrank_stored_feed_lookups_total", "counter", ("outcome",), "hit, miss or stale"
)
ACTIONS = Metric("feedrank_actions_total", "counter", ("outcome",), "accepted or rejected actions")
BUS_LAG = Metric(
    "feedrank_bus_lag_messages", "gauge", ("reader", "partition"), "published and not yet applied"
)
BUS_APPLIED = Metric(
    "feedrank_bus_applied_messages_total", "counter", ("reader", "outcome"), "applied or repeated"
)
BUS_PUBLISHED = Metric("feedrank_bus_published_total", "total", (), "messages acknowledged")
BUS_DELIVERED = Metric("feedrank_bus_delivered_total", "total", (), "messages given to readers")
BUS_DROPPED = Metric("feedrank_bus_dropped_total", "total", (), "records that may be lost and were")
BUS_PUBLISH_FAILURES = Metric(
    "feedrank_bus_publish_failures_total", "total", (), "messages not acknowledged in time"
)
BUS_REPLAY_TRUNCATED = Metric(
    "feedrank_bus_replay_truncated_total", "total", (), "readers whose offset was removed already"
)
BUS_DISK_SYNCS = Metric(
    "feedrank_bus_disk_syncs_total", "total", (), "synced writes of the embedded log"
)
DEAD_LETTERS = Metric(
    "feedrank_bus_dead_letters_total", "total", (), "unreadable messages set aside"
)
STATE_READS = Metric("feedrank_state_reads_total", "total", (), "reads answered")
STATE_WRITES = Metric("feedrank_state_writes_total", "total", (), "writes answered")
STATE_FAILURES = Metric(
    "feedrank_state_failures_total", "total", (), "calls that raised or met an open breaker"
)
STATE_CONFLICTS = Metric("feedrank_state_conflicts_total", "total", (), "updates refused as stale")
GENERATION_AGE = Metric(
    "feedrank_generation_age_ms", "gauge", (), "clock minus data time of the generation in service"
)
LOOP_LAG = Metric(
    "feedrank_loop_lag_ms", "histogram", (), "how late the event loop woke a sleeper", MS_BUCKETS
)
EXECUTOR_REFUSED = Metric(
    "feedrank_executor_refused_total", "counter", (), "native jobs refused as the queue was full"
)

METRICS = (
    RPC_CALLS,
    RPC_LATENCY,
    RPC_IN_FLIGHT,
    STAGE_IN,
    STAGE_OUT,
    STAGE_LATENCY,
    STAGE_FAILURES,
    FILTERED,
    DEFAULTED_COLUMNS,
    DEGRADED,
    SHARD_COVERAGE,
    FEEDS,
    STORED_FEED_LOOKUPS,
    ACTIONS,
    BUS_LAG,
    BUS_APPLIED,
    BUS_PUBLISHED,
    BUS_DELIVERED,
    BUS_DROPPED,
    BUS_PUBLISH_FAILURES,
    BUS_REPLAY_TRUNCATED,
    BUS_DISK_SYNCS,
    DEAD_LETTERS,
    STATE_READS,
    STATE_WRITES,
    STATE_FAILURES,
    STATE_CONFLICTS,
    GENERATION_AGE,
    LOOP_LAG,
    EXECUTOR_REFUSED,
)
