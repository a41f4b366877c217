"""Features of the item alone: its facts as they travel, its age, and rates from its counters."""

import numpy as np
import numpy.typing as npt

from features.arithmetic import log1p, smoothed_rate
from features.feature import Feature
from features.inputs import ContextInputs, Floats, ItemInputs
from generation.compiled import step
from generation.counters import COUNTED, HOUR_MS
from generation.half import single
from generation.item_columns import ITEM_FACTS

IMPRESSIONS, CLICKS, LIKES, LONG_VIEWS, NEGATIVES = range(len(COUNTED))
TOTAL, WEEK, HOUR = (ITEM_FACTS.index(f"log_impressions_{h}") for h in ("total", "week", "hour"))
"""Where the counters of each horizon begin among the facts."""

FACT_COUNT = len(ITEM_FACTS)
HOURS_PER_WEEK = np.float32(168)
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


@step
def fill_item(
    matrix: Floats, at: int, items: ItemInputs, counts: Floats, context: ContextInputs
) -> None:
    """Fill columns `at` to `at + 35` in the order of `FEATURES`.

    Args:
        counts: `float32[n, 21]`, what `items.facts` are the `log1p` of.
    """
    created_ms, categories, _, _, is_sensitive, has_vector, facts, _ = items
    now_ms, last = context.now_ms, len(context.now_ms) - 1
    for row in range(len(matrix)):
        out = matrix[row, at:]
        for fact in range(FACT_COUNT):
            out[fact] = single(facts[row, fact])
        derived = out[FACT_COUNT:]
        total, week, hour = counts[row, TOTAL:], counts[row, WEEK:], counts[row, HOUR:]
        derived[0] = log1p(max(now_ms[min(row, last)] - created_ms[row], 0) / HOUR_MS)
        derived[1] = smoothed_rate(total[CLICKS], total[IMPRESSIONS])
        derived[2] = smoothed_rate(total[LIKES], total[IMPRESSIONS])
        derived[3] = smoothed_rate(total[LONG_VIEWS], total[IMPRESSIONS])
        derived[4] = smoothed_rate(total[NEGATIVES], total[IMPRESSIONS])
        derived[5] = smoothed_rate(week[CLICKS], week[IMPRESSIONS])
        derived[6] = smoothed_rate(week[LONG_VIEWS], week[IMPRESSIONS])
        derived[7] = derived[1] + 2 * derived[2] + derived[3] - 4 * derived[4]
        derived[8] = out[HOUR] - log1p(week[IMPRESSIONS] / HOURS_PER_WEEK)
        positives = hour[CLICKS] + hour[LIKES] + hour[LONG_VIEWS]
        derived[9] = positives >= HOT_HOUR_POSITIVES and derived[8] > HOT_VELOCITY
        derived[10] = total[IMPRESSIONS] < NEW_IMPRESSIONS
        derived[11] = is_sensitive[row]
        derived[12] = has_vector[row]
        derived[13] = category_count(categories, row)


@step
def category_count(categories: npt.NDArray[np.int32], row: int) -> int:
    count = 0
    for place in range(categories.shape[1]):
        count += categories[row, place] > 0
    return count
