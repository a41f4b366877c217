"""Features of the item alone: its facts as they travel, its age, and rates from its counters."""

import numpy as np

from features.feature import Feature
from features.inputs import ContextInputs, Floats, ItemInputs
from features.layout import columns_of, singles
from features.rates import smoothed_rate
from generation.counters import COUNTED, COUNTER_COLUMNS, HOUR_MS
from generation.item_columns import ITEM_FACTS

FIRST_COUNTER = len(ITEM_FACTS) - len(COUNTER_COLUMNS)
ACTIONS = len(COUNTED)
HOURS_PER_WEEK = 168
HOT_HOUR_POSITIVES = 3.0
HOT_VELOCITY = 1.0
"""An item is hot with three positives in the last hour, seen at e times its weekly pace."""

NEW_IMPRESSIONS = 20.0

FEATURES = (
    *(Feature(name, 0, "seconds", "see generation.item_columns.ITEM_FACTS") for name in ITEM_FACTS),
    Feature("log_age_hours", 0, "request", "log1p of hours since publication"),
    Feature("item_click_rate", 0.1, "seconds", "smoothed clicks per impression, all time"),
    Feature("item_like_rate", 0.1, "seconds", "smoothed likes per impression, all time"),
    Feature("item_long_view_rate", 0.1, "seconds", "smoothed long views per impression, all time"),
    Feature(
        "item_negative_rate", 0.1, "seconds", "smoothed hides and reports per impression, all time"
    ),
    Feature("item_click_rate_week", 0.1, "seconds", "smoothed clicks per impression, recent"),
    Feature("item_long_view_rate_week", 0.1, "seconds", "smoothed long views, recent"),
    Feature(
        "engagement_score", 0, "seconds", "click + 2 like + long view - 4 negative, of the rates"
    ),
    Feature(
        "velocity", 0, "seconds", "log of impressions this hour over the hourly pace of the week"
    ),
    Feature("is_hot", 0, "seconds", "1 for items taking off right now"),
    Feature("is_new", 1, "seconds", "1 below 20 impressions"),
    Feature("is_sensitive", 0, "generation", "1 for sensitive items"),
    Feature("item_has_vector", 0, "generation", "1 when the model knows the item"),
    Feature("category_count", 0, "generation", "how many categories the item has, at most 4"),
)


def item_block(items: ItemInputs, context: ContextInputs) -> Floats:
    """`float32[n, 35]` in the order of `FEATURES`."""
    width = len(ITEM_FACTS)
    block = columns_of(len(items.facts), len(FEATURES))
    block[:, :width] = singles(items.facts)
    counters = block[:, FIRST_COUNTER:width].T
    counts = np.expm1(counters)
    total, week, hour = (counts[i * ACTIONS : (i + 1) * ACTIONS] for i in range(3))
    derived = block[:, width:].T
    age_ms = np.maximum(context.now_ms - items.created_ms, 0).astype(np.float32)
    derived[0] = np.log1p(age_ms / np.float32(HOUR_MS))
    derived[1:5] = smoothed_rate(total[1:], total[0])
    derived[5] = smoothed_rate(week[1], week[0])
    derived[6] = smoothed_rate(week[3], week[0])
    derived[7] = derived[1] + 2 * derived[2] + derived[3] - 4 * derived[4]
    derived[8] = counters[2 * ACTIONS] - np.log1p(week[0] / np.float32(HOURS_PER_WEEK))
    is_liked_now = hour[1] + hour[2] + hour[3] >= HOT_HOUR_POSITIVES
    derived[9] = is_liked_now & (derived[8] > HOT_VELOCITY)
    derived[10] = total[0] < NEW_IMPRESSIONS
    derived[11] = items.is_sensitive
    derived[12] = items.has_vector
    derived[13] = np.add.reduce(items.categories.T > 0)
    return block
