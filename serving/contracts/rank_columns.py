"""The columns that candidate_gen hands to the ranker."""

from features.inputs import ContextInputs, CrossInputs, ItemInputs, ViewerInputs
from generation.column import Column, schema_hash
from generation.item_columns import CANDIDATE_COLUMNS, EMBEDDING_DIM, MAX_CATEGORIES
from generation.viewer_columns import VIEWER_TOTALS

CROSS_COLUMNS = [
    Column(
        "category_impressions", "f4", MAX_CATEGORIES, 0, "viewer's impressions per item category"
    ),
    Column("category_positives", "f4", MAX_CATEGORIES, 0, "viewer's positives per item category"),
    Column("author_impressions", "f4", 1, 0, "viewer's impressions of the author"),
    Column("author_positives", "f4", 1, 0, "viewer's positives on the author"),
    Column("follows_author", "u1", 1, 0, "1 when followed; from social_graph"),
    Column("is_friend", "u1", 1, 0, "1 for mutual follows; from social_graph"),
    Column("same_group", "u1", 1, 0, "1 when posted in a group of the viewer's"),
    Column("follow_distance", "f4", 1, 3, "1, 2 or 3; from social_graph"),
    Column(
        "friends_liked", "f4", 1, 0, "friends with a recent positive on the item; from social_graph"
    ),
]

PROVENANCE_COLUMNS = [
    Column("source_bits", "u4", 1, 0, "one bit per source that found it, see sources.py"),
    Column(
        "source_score",
        "f4",
        1,
        0,
        "score in the source whose quota it took; not comparable across sources",
    ),
]

RANK_COLUMNS = [*CANDIDATE_COLUMNS, *CROSS_COLUMNS, *PROVENANCE_COLUMNS]
RANK_SCHEMA = schema_hash(RANK_COLUMNS)

VIEWER_INPUT_COLUMNS = [
    Column("totals", "f4", len(VIEWER_TOTALS), 0, "see generation.viewer_columns.VIEWER_TOTALS"),
    Column("clicks_5m", "f4", 1, 0, "clicks in the last five minutes"),
    Column("views_5m", "f4", 1, 0, "impressions in the last five minutes"),
    Column(
        "categories_5m", "f4", 1, 0, "distinct main categories clicked in the last five minutes"
    ),
    Column("items_seen", "f4", 1, 0, "distinct items seen, at most 2,000"),
    Column("recent_seen", "f4", 1, 0, "how many of the 50 items seen last there are"),
    Column("recent_positives", "f4", 1, 0, "how many of those the viewer liked"),
    Column("follow_count", "f4", 1, 0, "authors followed"),
    Column("created_ms", "i8", 1, 0, "Unix ms of joining; 0 unknown"),
    Column("last_action_ms", "i8", 1, 0, "Unix ms of the latest action; 0 none"),
    Column("region", "i8", 1, 0, "vocabulary code"),
    Column("language", "i8", 1, 0, "vocabulary code"),
    Column("vector", "f4", EMBEDDING_DIM, 0, "viewer vector; zeros when there is none"),
    Column("now_ms", "i8", 1, 0, "Unix ms of the request"),
    Column("utc_offset_minutes", "i8", 1, 0, "local time minus UTC"),
    Column("surface", "i8", 1, 0, "vocabulary code"),
    Column("device", "i8", 1, 0, "vocabulary code"),
]
"""One row: `features.inputs.ViewerInputs` and `ContextInputs`."""

VIEWER_INPUT_SCHEMA = schema_hash(VIEWER_INPUT_COLUMNS)

VIEWER_FIELDS = ViewerInputs._fields
CONTEXT_FIELDS = ContextInputs._fields
ITEM_FIELDS = ItemInputs._fields
CROSS_FIELDS = CrossInputs._fields
