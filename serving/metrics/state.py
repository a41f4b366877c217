"""What the state store answers and refuses."""

from serving.metrics.metric import Metric

STATE_READS = Metric("feedrank_state_reads_total", "total", (), "reads answered")
STATE_WRITES = Metric("feedrank_state_writes_total", "total", (), "writes answered")
STATE_FAILURES = Metric(
    "feedrank_state_failures_total", "total", (), "calls that raised or met an open breaker"
)
STATE_CONFLICTS = Metric("feedrank_state_conflicts_total", "total", (), "updates refused as stale")
STATE_LOSSES = Metric(
    "feedrank_state_losses_total",
    "total",
    (),
    "times the store was found to lack what had been written to it, and overlays began anew",
)
SESSIONS_SET_ASIDE = Metric(
    "feedrank_sessions_set_aside_total", "total", (), "damaged session records replaced"
)
SESSIONS_RESTORED = Metric(
    "feedrank_sessions_restored_total",
    "total",
    (),
    "times a session record was behind the revocations known of its viewer",
)
VIEWERS_SET_ASIDE = Metric(
    "feedrank_viewers_set_aside_total", "total", (), "damaged records of viewers' state replaced"
)
STATE_BREAKER_OPEN = Metric(
    "feedrank_state_breaker_open", "level", (), "1 while calls are refused as the store is away"
)
