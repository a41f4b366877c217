"""Features of viewer and item together: taste, habit and acquaintance."""

import numpy as np

from features.arithmetic import ZERO, Single, at_least, log1p, smoothed_rate
from features.counted_halves import Halves
from features.feature import Feature
from features.inputs import CrossInputs, Floats, ItemInputs, ViewerInputs
from features.viewer import log_mean_dwell, positives_of
from generation.compiled import step, summing_step
from generation.half import single
from generation.item_columns import ITEM_FACTS

FEATURES = (
    Feature("vector_dot", 0, "seconds", "dot product of viewer and item vector"),
    Feature("vector_cosine", 0, "seconds", "cosine of viewer and item vector, in [-1, 1]"),
    Feature(
        "category_affinity",
        0,
        "seconds",
        "share of the viewer's positives in the item's best category",
    ),
    Feature(
        "category_positive_rate",
        0.1,
        "seconds",
        "viewer's smoothed positive rate in its best category",
    ),
    Feature(
        "log_category_impressions",
        0,
        "seconds",
        "log1p of the viewer's impressions in its main category",
    ),
    Feature("author_affinity", 0, "seconds", "log1p of the viewer's positives on the author"),
    Feature(
        "author_positive_rate", 0.1, "seconds", "viewer's smoothed positive rate on the author"
    ),
    Feature("log_author_seen", 0, "seconds", "log1p of the viewer's impressions of the author"),
    Feature("follows_author", 0, "seconds", "1 when the viewer follows the author"),
    Feature("is_friend", 0, "seconds", "1 when viewer and author follow each other"),
    Feature(
        "follow_distance", 3, "seconds", "1 followed, 2 followed by somebody followed, 3 further"
    ),
    Feature(
        "log_friends_liked", 0, "seconds", "log1p of friends with a recent positive on the item"
    ),
    Feature("same_group", 0, "seconds", "1 when the item was posted in a group of the viewer's"),
    Feature("same_region", 0, "generation", "1 when both regions are known and equal"),
    Feature("same_language", 0, "generation", "1 when both languages are known and equal"),
    Feature(
        "log_duration_over_dwell",
        0,
        "seconds",
        "item duration against the viewer's mean dwell, log ratio",
    ),
)

DURATION = ITEM_FACTS.index("log_duration_s")
AFFINITY_PRIOR = np.float32(10)
SHORTEST = np.float32(1e-6)
"""Product of lengths below which there is no direction to compare."""


@step
def fill_cross(
    matrix: Floats, at: int, viewer: ViewerInputs, items: ItemInputs, cross: CrossInputs
) -> None:
    """Fill columns `at` to `at + 16` in the order of `FEATURES`."""
    fill_taste(matrix, at, viewer, items, cross)
    fill_acquaintance(matrix, at + 5, viewer, items, cross)


@step
def fill_taste(
    matrix: Floats, at: int, viewer: ViewerInputs, items: ItemInputs, cross: CrossInputs
) -> None:
    """From the dot product to the impressions of the main category."""
    fill_similarity(matrix, at, viewer.vector, items.vector)
    totals, last = viewer.totals, len(viewer.totals) - 1
    positives, impressions = cross.category_positives, cross.category_impressions
    for row in range(len(matrix)):
        out = matrix[row, at:]
        known = positives_of(totals, min(row, last)) + AFFINITY_PRIOR
        out[2] = most_positives(positives, row) / known
        out[3] = best_rate(positives, impressions, row)
        out[4] = log1p(impressions[row, 0])


@step
def fill_similarity(matrix: Floats, at: int, viewers: Floats, vectors: Halves) -> None:
    """Dot product and cosine, 0 where a vector is missing."""
    squares = np.empty(len(viewers), np.float32)
    for who in range(len(viewers)):
        squares[who] = square(viewers, who)
    for row in range(len(matrix)):
        who = min(row, len(viewers) - 1)
        dot, item_square = dot_and_square(viewers, who, vectors, row)
        matrix[row, at] = dot
        matrix[row, at + 1] = dot / at_least(np.sqrt(squares[who] * item_square), SHORTEST)


@summing_step
def square(viewers: Floats, who: int) -> Single:
    total = ZERO
    for at in range(viewers.shape[1]):
        total += viewers[who, at] * viewers[who, at]
    return total


@summing_step
def dot_and_square(viewers: Floats, who: int, vectors: Halves, row: int) -> tuple[Single, Single]:
    """Of a viewer's and an item's vector, and of the item's with itself."""
    dot, item_square = ZERO, ZERO
    for at in range(viewers.shape[1]):
        value = single(vectors[row, at])
        dot += viewers[who, at] * value
        item_square += value * value
    return dot, item_square


@step
def fill_acquaintance(
    matrix: Floats, at: int, viewer: ViewerInputs, items: ItemInputs, cross: CrossInputs
) -> None:
    """From the viewer's positives on the author to the last."""
    _, _, impressions, positives, follows, friend, same_group, distance, friends_liked = cross
    facts, region, language = items.facts, items.region, items.language
    totals, last = viewer.totals, len(viewer.totals) - 1
    for row in range(len(matrix)):
        out, who = matrix[row, at:], min(row, last)
        out[0] = log1p(positives[row])
        out[1] = smoothed_rate(positives[row], impressions[row])
        out[2] = log1p(impressions[row])
        out[3] = follows[row]
        out[4] = friend[row]
        out[5] = distance[row]
        out[6] = log1p(friends_liked[row])
        out[7] = same_group[row]
        out[8] = viewer.region[who] > 0 and region[row] == viewer.region[who]
        out[9] = viewer.language[who] > 0 and language[row] == viewer.language[who]
        out[10] = single(facts[row, DURATION]) - log_mean_dwell(totals, who)


@step
def most_positives(positives: Floats, row: int) -> Single:
    most = positives[row, 0]
    for place in range(1, positives.shape[1]):
        most = at_least(positives[row, place], most)
    return most


@step
def best_rate(positives: Floats, impressions: Floats, row: int) -> Single:
    best = smoothed_rate(positives[row, 0], impressions[row, 0])
    for place in range(1, positives.shape[1]):
        best = at_least(smoothed_rate(positives[row, place], impressions[row, place]), best)
    return best
