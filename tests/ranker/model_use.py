"""Lets a test rank without a ranker around it."""

from ranker.model_use import ModelUse, ModelUses
from serving.contracts.rank import RankRequest
from serving.deadline import Deadline
from serving.fallback_log import FallbackLog
from serving.metrics_recorder import Metrics
from serving.switches.switches import ALL_ON, Switched


def a_model_use(
    request: RankRequest,
    metrics: Metrics,
    switched: Switched = ALL_ON,
    *,
    left_ms: float = 10_000.0,
) -> ModelUse:
    """Of the first request of a process, `left_ms` before its deadline on a clock that stands."""
    deadline = Deadline(left_ms / 1_000, monotonic=lambda: 0.0)
    return ModelUses(metrics, FallbackLog(metrics)).of_request(request, switched, deadline)
