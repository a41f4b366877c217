import pytest
from prometheus_client import generate_latest
from structlog.testing import capture_logs

from serving.loop_watch import watch_loop
from serving.metrics_recorder import Metrics
from tests.serving.fixed_clock import FixedMonotonic


class EndOfSamplesError(Exception):
    """Ends the endless."""


async def watched(late_s: list[float]) -> tuple[str, list]:
    """The metrics and log after sleeps that ended this late."""
    monotonic, left = FixedMonotonic(), list(late_s)

    async def sleep(seconds: float) -> None:
        if not left:
            raise EndOfSamplesError
        monotonic.time_s += seconds + left.pop(0)

    metrics = Metrics()
    with capture_logs() as lines, pytest.raises(EndOfSamplesError):
        await watch_loop(metrics, sleep=sleep, monotonic=monotonic)
    return generate_latest(metrics.registry).decode(), lines


async def test_counts_every_sample():
    page, _ = await watched([0.0, 0.004, 0.2])
    assert 'feedrank_loop_lag_ms_bucket{le="0.25"} 1.0' in page
    assert 'feedrank_loop_lag_ms_bucket{le="5.0"} 2.0' in page
    assert "feedrank_loop_lag_ms_count 3.0" in page


async def test_logs_only_what_delays_requests():
    _, lines = await watched([0.0, 0.004, 0.2])
    assert [(line["event"], line["late_ms"]) for line in lines] == [("event loop blocked", 200.0)]
