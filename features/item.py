"""Features of the item alone: its facts as they travel, its age, and rates derived from its counters."""

import numpy as np

from features.feature import Feature
from features.inputs import ContextInputs, Floats, ItemInputs
from features.rates import smoothed_rate
from generation.counters import COUNTED, COUNTER_COLUMNS
from generation.item_columns import ITEM_FACTS

FIRST_COUNTER = len(ITEM_FACTS) - len(COUNTER_COLUMNS)
ACTIONS = len(COUNTED)
HOURS_PER_WEEK = 168
HOT_HOUR_POSITIVES = 3.0
HOT_VELOCITY = 1.0
"""An item is hot when it has three positives in the last hour and is seen e times its weekly pace."""

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
    """`float32[n, 34]` in the order of `FEATURES`."""
    facts = items.facts.astype(np.float32)
    width = len(ITEM_FACTS)
    block = np.empty((len(facts), len(FEATURES)), np.float32)
    block[:, :width] = facts
    counts = np.expm1(facts[:, FIRST_COUNTER:])
    total, week, hour = (counts[:, i * ACTIONS : (i + 1) * ACTIONS] for i in range(3))
    derived = block[:, width:]
    derived[:, 0] = np.log1p(np.maximum(context.now_ms - items.created_ms, 0) / 3_600_000)
    derived[:, 1:5] = smoothed_rate(total[:, 1:], total[:, :1])
    derived[:, 5] = smoothed_rate(week[:, 1], week[:, 0])
    derived[:, 6] = derived[:, 1] + 2 * derived[:, 2] + derived[:, 3] - 4 * derived[:, 4]
    derived[:, 7] = np.log1p(hour[:, 0]) - np.log1p(week[:, 0] / HOURS_PER_WEEK)
    derived[:, 8] = (hour[:, 1:4].sum(axis=1) >= HOT_HOUR_POSITIVES) & (
        derived[:, 7] > HOT_VELOCITY
    )
    derived[:, 9] = total[:, 0] < NEW_IMPRESSIONS
    derived[:, 10] = items.is_sensitive
    derived[:, 11] = items.has_vector
    derived[:, 12] = (items.categories > 0).sum(axis=1)
    return block
