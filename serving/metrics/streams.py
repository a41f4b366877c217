"""What goes over the bus, what is lost on it, and how far readers are behind."""

from serving.metrics.metric import Metric

BUS_LAG = Metric(
    "feedrank_bus_lag_messages", "gauge", ("reader", "partition"), "published and not yet applied"
)
BUS_STALENESS = Metric(
    "feedrank_bus_staleness_ms",
    "gauge",
    ("reader",),
    "how long ago, at most, the bus took the oldest message that is not applied yet",
)
BUS_HALTED = Metric(
    "feedrank_bus_reader_halted_open",
    "gauge",
    ("reader",),
    "1 for a reader that applies nothing more, because too many messages are unreadable",
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
