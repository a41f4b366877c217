"""What a server answers: rate, errors and duration per method."""

from serving.metrics.metric import MS_BUCKETS, Metric

RPC_CALLS = Metric(
    "feedrank_rpc_calls_total", "counter", ("method", "status"), "calls answered, by gRPC status"
)
RPC_LATENCY = Metric(
    "feedrank_rpc_latency_ms", "histogram", ("method",), "time in the handler", MS_BUCKETS
)
RPC_IN_FLIGHT = Metric("feedrank_rpc_in_flight_calls", "gauge", (), "calls being answered now")
