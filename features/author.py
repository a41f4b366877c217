"""Features of the author beyond the facts that travel with the item."""

from features.arithmetic import ONE, at_least, log1p, smoothed_rate
from features.feature import Feature
from features.inputs import Floats
from generation.compiled import step
from generation.item_columns import ITEM_FACTS

FEATURES = (
    Feature(
        "author_engagement_rate", 0.1, "generation", "smoothed positives per impression, all items"
    ),
    Feature(
        "log_author_impressions_per_item", 0, "generation", "log1p of mean impressions per item"
    ),
)

ITEMS = ITEM_FACTS.index("log_author_items")
IMPRESSIONS = ITEM_FACTS.index("log_author_impressions")
POSITIVES = ITEM_FACTS.index("log_author_positives")


@step
def fill_author(matrix: Floats, at: int, counts: Floats) -> None:
    """Fill columns `at` to `at + 2` in the order of `FEATURES`, from counts by `ITEM_FACTS`."""
    for row in range(len(matrix)):
        out, count = matrix[row, at:], counts[row]
        out[0] = smoothed_rate(count[POSITIVES], count[IMPRESSIONS])
        out[1] = log1p(count[IMPRESSIONS] / at_least(count[ITEMS], ONE))
