"""Features of the author beyond the facts that travel with the item."""

import numpy as np

from features.feature import Feature
from features.inputs import Floats, ItemInputs
from features.layout import columns_of
from features.rates import smoothed_rate
from generation.item_columns import ITEM_FACTS

FEATURES = (
    Feature(
        "author_engagement_rate", 0.1, "generation", "smoothed positives per impression, all items"
    ),
    Feature(
        "log_author_impressions_per_item", 0, "generation", "log1p of mean impressions per item"
    ),
)

FIRST = ITEM_FACTS.index("log_author_items")
POSITIVES = ITEM_FACTS.index("log_author_positives")
"""From the one to the other: items, impressions, positives."""


def author_block(items: ItemInputs) -> Floats:
    """`float32[n, 2]` in the order of `FEATURES`."""
    facts = items.facts[:, FIRST : POSITIVES + 1].T.astype(np.float32)
    published, impressions, positives = np.expm1(facts)
    block = columns_of(len(items.facts), len(FEATURES))
    block[:, 0] = smoothed_rate(positives, impressions)
    block[:, 1] = np.log1p(impressions / np.maximum(published, np.float32(1)))
    return block
