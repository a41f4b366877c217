"""Features of the viewer alone: how much and how they use the feed."""

import numpy as np

from features.feature import Feature
from features.inputs import ContextInputs, Floats, ViewerInputs
from features.layout import columns_of
from features.rates import smoothed_rate

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


def viewer_block(viewer: ViewerInputs, context: ContextInputs) -> Floats:
    """`float32[m, 16]` in the order of `FEATURES`."""
    totals = viewer.totals
    impressions, clicks, likes, long_views, _, dwell_s, dwells = totals.T
    block = columns_of(len(totals), len(FEATURES))
    block[:, 0] = np.log1p(dwell_s / np.maximum(dwells, 1))
    block[:, 1] = np.log1p(impressions)
    block[:, 2] = np.log1p(clicks + likes + long_views)
    block[:, 3:7] = smoothed_rate(totals[:, 1:5], impressions[:, None])
    block[:, 7] = np.log1p(viewer.clicks_5m)
    block[:, 8] = np.log1p(viewer.views_5m)
    block[:, 9] = viewer.categories_5m
    block[:, 10] = np.log1p(viewer.items_seen)
    block[:, 11] = smoothed_rate(viewer.recent_positives, viewer.recent_seen)
    block[:, 12] = np.log1p(viewer.follow_count)
    block[:, 13] = _log_since(viewer.created_ms, context.now_ms, DAY_MS)
    block[:, 14] = _log_since(viewer.last_action_ms, context.now_ms, HOUR_MS)
    block[:, 15] = viewer.vector.any(axis=1)
    return block


def _log_since(then_ms: np.ndarray, now_ms: np.ndarray, unit_ms: int) -> np.ndarray:
    elapsed = np.maximum(now_ms - then_ms, 0) / unit_ms
    return np.where(then_ms > 0, np.log1p(elapsed), 0)
