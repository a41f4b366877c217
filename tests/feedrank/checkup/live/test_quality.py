from feedrank.checkup.live.quality import GET_FEED, coverage, degraded, failed
from serving.metrics import DEGRADED, DEGRADED_FEEDS, FEEDS, RPC_CALLS, SHARD_COVERAGE
from tests.feedrank.checkup.live.pages import page


def pages_of(count, degraded_count, reasons):
    def fill(metrics):
        metrics.counter(FEEDS, "ranked").inc(count)
        metrics.counter(DEGRADED_FEEDS).inc(degraded_count)
        for reason, times in reasons.items():
            metrics.counter(DEGRADED, reason).inc(times)

    return fill


def test_degraded_pages_are_told_with_their_top_reasons_over_all_processes():
    reasons = {"a": 1, "b": 5, "c": 3, "d": 4}
    [finding] = degraded(
        [page("x", pages_of(50, 5, reasons)), page("y", pages_of(50, 5, {"a": 9}))]
    )
    assert finding.verdict == "bad"
    assert finding.found == "10.0% of 100 pages degraded: a 10, b 5, d 4"


def test_a_few_degraded_pages_are_good():
    [finding] = degraded([page("x", pages_of(100, 1, {"a": 1}))])
    assert finding.verdict == "good"


def test_nothing_served_is_nothing_bad():
    assert [finding.verdict for finding in degraded([page("x")])] == ["good"]
    assert coverage([page("x")]) == []
    assert failed([page("x")]) == []


def test_searches_that_missed_a_shard_are_told():
    def fill(metrics):
        for answered in (1.0, 1.0, 1.0, 0.5):
            metrics.histogram(SHARD_COVERAGE).observe(answered)

    [finding] = coverage([page("x", fill)])
    assert finding.verdict == "bad"
    assert finding.found == "75.0% of 4 searches reached all shards"


def test_only_our_own_failures_count():
    def fill(metrics):
        metrics.counter(RPC_CALLS, GET_FEED, "OK").inc(97)
        metrics.counter(RPC_CALLS, GET_FEED, "INVALID_ARGUMENT").inc(2)
        metrics.counter(RPC_CALLS, "/feedrank.v1.FeedService/LogActions", "INTERNAL").inc(50)
        metrics.counter(RPC_CALLS, GET_FEED, "INTERNAL").inc(1)

    [finding] = failed([page("x", fill)])
    assert finding.found == "1.00% of 100 calls failed: INTERNAL 1"
