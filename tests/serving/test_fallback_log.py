from structlog.testing import capture_logs

from serving.errors import DeadlineError, DependencyError
from serving.fallback_log import QUIET_S, FallbackLog
from serving.metrics_recorder import Metrics
from tests.serving.fixed_clock import FixedMonotonic


def test_a_failure_that_goes_on_is_one_line_per_while_with_its_count():
    monotonic = FixedMonotonic()
    fallback_log = FallbackLog(Metrics(), monotonic)
    with capture_logs() as lines:
        for _ in range(4):
            fallback_log.note("search", DependencyError("away"))
        monotonic.time_s += QUIET_S
        fallback_log.note("search", DependencyError("away"))
    assert [line["as_often_since_last_line"] for line in lines] == [0, 3]
    assert lines[0]["cause"] == "away"


def test_other_stages_and_causes_have_their_own_line():
    fallback_log = FallbackLog(Metrics(), FixedMonotonic())
    with capture_logs() as lines:
        fallback_log.note("search", DependencyError("away"))
        fallback_log.note("search", DeadlineError("late"))
        fallback_log.note("relations", DependencyError("away"))
    assert [(line["stage"], line["kind"]) for line in lines] == [
        ("search", "DependencyError"),
        ("search", "DeadlineError"),
        ("relations", "DependencyError"),
    ]


def test_only_a_bug_is_logged_with_its_traceback():
    fallback_log = FallbackLog(Metrics(), FixedMonotonic())
    bug = ZeroDivisionError()
    with capture_logs() as lines:
        fallback_log.note("plan", bug)
        fallback_log.note("plan", DependencyError("away"))
    assert [line["exc_info"] for line in lines] == [bug, None]


def test_every_failure_is_counted_whether_it_was_logged_or_not():
    metrics = Metrics()
    fallback_log = FallbackLog(metrics, FixedMonotonic())
    for _ in range(3):
        fallback_log.note("search", DependencyError("away"))
    labels = {"stage": "search", "cause": "DependencyError"}
    assert metrics.registry.get_sample_value("feedrank_stage_failures_total", labels) == 3
