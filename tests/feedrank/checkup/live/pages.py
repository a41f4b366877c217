"""Pages of metrics of example size."""

from collections.abc import Callable

from prometheus_client import generate_latest

from feedrank.checkup.live.page import MetricsPage, page_of
from feedrank.running_stack import RunningProcess
from serving.metrics_recorder import Metrics


def page(
    name: str, fill: Callable[[Metrics], object] = lambda _: None, clock_ahead_s: float = 0.0
) -> MetricsPage:
    """What a process called `name` shows after `fill` has recorded."""
    metrics = Metrics()
    fill(metrics)
    text = generate_latest(metrics.registry).decode()
    return page_of(RunningProcess(name, name), text, clock_ahead_s)
