"""Features of viewer and item together: taste, habit and acquaintance."""

import numpy as np

from features.feature import Feature
from features.inputs import Floats, Inputs
from features.layout import columns_of, singles
from features.rates import largest_of_row, smoothed_rate
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


def cross_block(inputs: Inputs) -> Floats:
    """`float32[n, 16]` in the order of `FEATURES`."""
    viewer, items, cross = inputs.viewer, inputs.items, inputs.cross
    block = columns_of(len(items.facts), len(FEATURES))
    block[:, 0], block[:, 1] = _similarity(viewer.vector, singles(items.vector))
    positives = viewer.totals[:, 1] + viewer.totals[:, 2] + viewer.totals[:, 3]
    category_rate = smoothed_rate(cross.category_positives, cross.category_impressions)
    block[:, 2] = largest_of_row(cross.category_positives) / (positives + np.float32(10))
    block[:, 3] = largest_of_row(category_rate)
    block[:, 4] = cross.category_impressions[:, 0]
    block[:, 5] = cross.author_positives
    block[:, 6] = smoothed_rate(cross.author_positives, cross.author_impressions)
    block[:, 7] = cross.author_impressions
    block[:, 8] = cross.follows_author
    block[:, 9] = cross.is_friend
    block[:, 10] = cross.follow_distance
    block[:, 11] = cross.friends_liked
    block[:, 12] = cross.same_group
    block[:, 13] = (items.region == viewer.region) & (viewer.region > 0)
    block[:, 14] = (items.language == viewer.language) & (viewer.language > 0)
    mean_dwell_s = viewer.totals[:, 5] / np.maximum(viewer.totals[:, 6], np.float32(1))
    block[:, 15] = items.facts[:, DURATION].astype(np.float32) - np.log1p(mean_dwell_s)
    for count in (4, 5, 7, 11):
        np.log1p(block[:, count], out=block[:, count])
    return block


def _similarity(viewer: Floats, items: Floats) -> tuple[Floats, Floats]:
    """Dot product and cosine of every candidate, `float32[n]` each; 0 where a vector is missing."""
    dot = items @ viewer[0] if len(viewer) == 1 else np.einsum("nd,nd->n", items, viewer)
    norms = np.sqrt(np.einsum("nd,nd->n", items, items) * np.einsum("md,md->m", viewer, viewer))
    return dot, dot / np.maximum(norms, np.float32(1e-6))
