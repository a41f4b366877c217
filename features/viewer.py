"""Features of the viewer alone: how much and how they use the feed."""

from features.arithmetic import ONE, ZERO, Single, at_least, log1p, smoothed_rate
from features.feature import Feature
from features.inputs import ContextInputs, Floats, ViewerInputs
from generation.compiled import step
from generation.viewer_columns import VIEWER_TOTALS

IMPRESSIONS, CLICKS, LIKES, LONG_VIEWS, NEGATIVES, DWELL_S, DWELLS = range(len(VIEWER_TOTALS))

FEATURES = (
    Feature(
        "log_average_dwell_s", 0, "seconds", "log1p of mean dwell per impression that reports one"
    ),
    Feature("log_viewer_impressions", 0, "seconds", "log1p of impressions, all time"),
    Feature(
        "log_viewer_positives", 0, "seconds", "log1p of clicks, likes and long views, all time"
    ),
    Feature("viewer_click_rate", 0.1, "seconds", "smoothed clicks per impression"),
    Feature("viewer_like_rate", 0.1, "seconds", "smoothed likes per impression"),
    Feature("viewer_long_view_rate", 0.1, "seconds", "smoothed long views per impression"),
    Feature("viewer_negative_rate", 0.1, "seconds", "smoothed hides and reports per impression"),
    Feature("log_clicks_5m", 0, "seconds", "log1p of clicks in the last five minutes"),
    Feature("log_views_5m", 0, "seconds", "log1p of impressions in the last five minutes"),
    Feature("categories_5m", 0, "seconds", "distinct categories clicked in the last five minutes"),
    Feature("log_items_seen", 0, "seconds", "log1p of distinct items seen, at most 2,000"),
    Feature(
        "recent_positive_rate", 0.1, "seconds", "smoothed share liked of the 50 items seen last"
    ),
    Feature("log_follow_count", 0, "seconds", "log1p of authors followed"),
    Feature("log_account_age_days", 0, "request", "log1p of days since joining; 0 unknown"),
    Feature(
        "log_hours_since_last_action",
        0,
        "seconds",
        "log1p of hours since the last action; 0 unknown",
    ),
    Feature("viewer_has_vector", 0, "seconds", "1 when enough positives gave a viewer vector"),
)

HOUR_MS = 3_600_000
DAY_MS = 86_400_000


@step
def fill_viewer(matrix: Floats, at: int, viewer: ViewerInputs, context: ContextInputs) -> None:
    """Fill columns `at` to `at + 16` in the order of `FEATURES`, in the first `m` rows."""
    totals = viewer.totals
    for row in range(len(totals)):
        out, now_ms = matrix[row, at:], context.now_ms[row]
        impressions = totals[row, IMPRESSIONS]
        out[0] = log_mean_dwell(totals, row)
        out[1] = log1p(impressions)
        out[2] = log1p(positives_of(totals, row))
        out[3] = smoothed_rate(totals[row, CLICKS], impressions)
        out[4] = smoothed_rate(totals[row, LIKES], impressions)
        out[5] = smoothed_rate(totals[row, LONG_VIEWS], impressions)
        out[6] = smoothed_rate(totals[row, NEGATIVES], impressions)
        out[7] = log1p(viewer.clicks_5m[row])
        out[8] = log1p(viewer.views_5m[row])
        out[9] = viewer.categories_5m[row]
        out[10] = log1p(viewer.items_seen[row])
        out[11] = smoothed_rate(viewer.recent_positives[row], viewer.recent_seen[row])
        out[12] = log1p(viewer.follow_count[row])
        out[13] = log_since(viewer.created_ms[row], now_ms, DAY_MS)
        out[14] = log_since(viewer.last_action_ms[row], now_ms, HOUR_MS)
        out[15] = viewer.vector[row].any()


@step
def positives_of(totals: Floats, row: int) -> Single:
    """Clicks, likes and long views, all time."""
    return totals[row, CLICKS] + totals[row, LIKES] + totals[row, LONG_VIEWS]


@step
def log_mean_dwell(totals: Floats, row: int) -> Single:
    return log1p(totals[row, DWELL_S] / at_least(totals[row, DWELLS], ONE))


@step
def log_since(then_ms: int, now_ms: int, unit_ms: int) -> Single:
    if then_ms <= 0:
        return ZERO
    return log1p(max(now_ms - then_ms, 0) / unit_ms)
