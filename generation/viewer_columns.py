"""What a generation knows of each viewer; `candidate_gen/viewer_state` adds what the bus says.

Totals are over everything up to the data time and never decay; the overlay's totals, counted from
the manifest's bus offsets on, simply add. List columns run newest first or largest first.
"""

from generation.column import Column
from generation.item_columns import EMBEDDING_DIM

MAX_POSITIVES = 50
MAX_SEEN = 2_000
RECENT_ITEMS = 50
"""Of the items seen last, those that say how much the viewer likes of late."""

MAX_CATEGORY_COUNTS = 64
MAX_AUTHOR_COUNTS = 256

VIEWER_TOTALS = ("impressions", "clicks", "likes", "long_views", "negatives", "dwell_s", "dwells")
"""Columns of `totals`: actions of the viewer counted as in `counters.COUNTED_ACTIONS`; `dwell_s` is
the sum of dwell over impressions that report one, `dwells` how many did."""

MAX_VALUE_MS = 86_400_000
"""A day: what clients may report as dwelt or watched. What is larger counts as this much wherever
it comes from, so that no sum leaves float32."""

VIEWER_COLUMNS = [
    Column("viewer_id", "i8", 1, -1, "sorted"),
    Column("region", "i4", 1, 0, "vocabulary code; 0 unknown"),
    Column("language", "i4", 1, 0, "vocabulary code; 0 unknown"),
    Column("created_ms", "i8", 1, 0, "Unix ms; 0 unknown"),
    Column("last_action_ms", "i8", 1, 0, "Unix ms of the latest action; 0 none"),
    Column("allow_sensitive", "u1", 1, 0, "1 when the viewer asked for sensitive items"),
    Column("totals", "f4", len(VIEWER_TOTALS), 0, "see VIEWER_TOTALS"),
    Column("follow_count", "f4", 1, 0, "authors followed"),
    Column("has_vector", "u1", 1, 0, "1 when the model fitted a vector for the viewer"),
    Column("vector", "f2", EMBEDDING_DIM, 0, "the viewer's own fitted vector"),
]

VIEWER_LISTS = {
    "positive_item_ids": "i8",  # latest distinct items with a positive action, newest first
    "positive_ms": "i8",
    "seen_item_ids": "i8",  # items with any action of the viewer, newest first
    "seen_ms": "i8",
    "category_codes": "i4",  # categories with most impressions or positives
    "category_impressions": "f4",
    "category_positives": "f4",
    "author_ids": "i8",  # authors with most impressions or positives
    "author_impressions": "f4",
    "author_positives": "f4",
}
"""List columns and their value types; lists of one group (positive, seen, …) are parallel."""

PARALLEL_LISTS = (
    ("positive_item_ids", "positive_ms"),
    ("seen_item_ids", "seen_ms"),
    ("category_codes", "category_impressions", "category_positives"),
    ("author_ids", "author_impressions", "author_positives"),
)
"""The groups: what stands at one place in them belongs together."""
