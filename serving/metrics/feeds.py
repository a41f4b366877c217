"""What viewers get: where pages come from and what they had to do without."""

from serving.metrics.metric import SHARE_BUCKETS, Metric

DEGRADED = Metric(
    "feedrank_degraded_answers_total", "counter", ("reason",), "answers whose receipt says why"
)
DEGRADED_FEEDS = Metric(
    "feedrank_degraded_feeds_total", "counter", (), "pages whose receipt names a reason or more"
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
