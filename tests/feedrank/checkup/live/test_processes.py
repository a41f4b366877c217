import pytest

from feedrank.checkup.live.processes import (
    DAY_MS,
    certificates,
    clocks,
    disks,
    event_loops,
    same_everywhere,
)
from serving.metrics import (
    BUILD_INFO,
    CERTIFICATE_REMAINING,
    DISK_FREE,
    LOOP_LAG,
    LOOP_STALLED,
)
from tests.feedrank.checkup.live.pages import page


def built(version, generation):
    return lambda metrics: metrics.gauge(BUILD_INFO, "ranker", version, generation).set(1)


def test_one_release_and_one_generation_is_good():
    findings = same_everywhere([page("a", built("1", "x")), page("b", built("1", "x"))])
    assert [(f.subject, f.verdict) for f in findings] == [
        ("release", "good"),
        ("generation", "good"),
    ]


def test_a_replica_of_another_generation_is_named():
    findings = same_everywhere(
        [page("a", built("1", "x")), page("b", built("1", "y")), page("c", built("1", "x"))]
    )
    assert [f.verdict for f in findings] == ["good", "bad"]
    assert findings[1].found == "x in a, c; y in b"


@pytest.mark.parametrize(("ahead_s", "verdict"), [(1.0, "good"), (-60.0, "bad")])
def test_a_clock_that_is_off_is_named(ahead_s, verdict):
    [finding] = clocks([page("a"), page("b", clock_ahead_s=ahead_s)])
    assert finding.verdict == verdict
    assert ("b -60 s" in finding.found) == (verdict == "bad")


def test_loops_that_were_late_often_or_stood_are_named():
    def late(share: int):
        def fill(metrics):
            for number in range(100):
                metrics.histogram(LOOP_LAG).observe(200.0 if number < share else 1.0)

        return fill

    assert event_loops([page("a", late(0))])[0].verdict == "good"
    [finding] = event_loops([page("a", late(0)), page("b", late(10))])
    assert (finding.verdict, finding.found) == ("optional", "b late 10.0% of the time")
    [finding] = event_loops([page("c", lambda metrics: metrics.counter(LOOP_STALLED).inc())])
    assert (finding.verdict, finding.found[-2:]) == ("bad", " c")


@pytest.mark.parametrize(("free_bytes", "verdict"), [(50 << 30, "good"), (1 << 30, "bad")])
def test_little_disk_is_told(free_bytes, verdict):
    [finding] = disks([page("a", lambda metrics: metrics.follow(DISK_FREE, lambda: free_bytes))])
    assert finding.verdict == verdict


@pytest.mark.parametrize(("days", "verdict"), [(90, "good"), (7, "optional"), (-1, "bad")])
def test_the_certificate_that_expires_first_counts(days, verdict):
    def valid(for_days):
        return lambda metrics: metrics.follow(CERTIFICATE_REMAINING, lambda: for_days * DAY_MS)

    [finding] = certificates([page("a", valid(400)), page("b", valid(days))])
    assert finding.verdict == verdict
    assert "(b)" in finding.found


def test_without_tls_nothing_is_said_of_certificates():
    assert certificates([page("a")]) == []
