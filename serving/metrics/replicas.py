"""Calls to replicas that were made twice, and replicas that were left out."""

from serving.metrics.metric import Metric

EXTRA_CALLS = Metric(
    "feedrank_replica_extra_calls_total",
    "counter",
    ("neighbour", "kind"),
    "calls made beside or after another: hedge or retry",
)
HEDGES_WON = Metric(
    "feedrank_replica_hedges_won_total", "counter", ("neighbour",), "hedges that answered first"
)
EJECTIONS = Metric(
    "feedrank_replica_ejections_total",
    "counter",
    ("neighbour", "replica", "cause"),
    "replicas taken out of service: failing, slow or trial",
)
EJECTED_REPLICAS = Metric(
    "feedrank_ejected_replicas_ratio", "gauge", ("neighbour",), "replicas out of service, of all"
)
TLS_BROKEN = Metric(
    "feedrank_tls_broken_replicas_ratio",
    "gauge",
    ("neighbour",),
    "replicas that are there and cannot be called for what is wrong with TLS, of all",
)
