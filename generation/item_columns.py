"""The columns of items: what a shard's `items.arrow` holds, and what travels with a candidate.

Written by `spark_jobs`, mapped by `ann_shards`, sent to `candidate_gen` and on to `ranker`. Counter
columns hold values as of the generation's data time; `counters.py` says how they age.
"""

from generation.column import Column, schema_hash
from generation.counters import COUNTED, COUNTER_COLUMNS, HORIZONS

EMBEDDING_DIM = 64
MAX_CATEGORIES = 4
"""Categories of an item beyond these are kept in `content/` only."""

NO_ID = -1
PUBLIC, FOLLOWERS, FRIENDS, GROUP = 0, 1, 2, 3
VISIBILITIES = {"public": PUBLIC, "followers": FOLLOWERS, "friends": FRIENDS, "group": GROUP}

IDENTITY = [
    Column("item_id", "i8", 1, NO_ID, "the item"),
    Column("author_id", "i8", 1, NO_ID, "its author; -1 where the data names none"),
    Column("created_ms", "i8", 1, 0, "Unix ms of its publication"),
    Column("group_id", "i8", 1, NO_ID, "the group it was posted in; -1 none"),
    Column(
        "categories", "i4", MAX_CATEGORIES, 0, "vocabulary codes, first is the main one; 0 fills up"
    ),
    Column("region", "i4", 1, 0, "vocabulary code; 0 suits every region"),
    Column("language", "i4", 1, 0, "vocabulary code; 0 suits every language"),
    Column("visibility", "u1", 1, PUBLIC, "0 public, 1 followers, 2 friends, 3 group"),
    Column("is_sensitive", "u1", 1, 0, "1 for items that only some viewers allow, and none first"),
    Column(
        "has_vector", "u1", 1, 0, "1 when the generation's model knows the item (three positives)"
    ),
]

STORED_FACTS = [
    Column("duration_s", "f4", 1, 0, "seconds of media; 0 unknown"),
    Column(
        "popularity", "f4", 1, 0, "time-decayed positives, as the popular lists order items; >= 0"
    ),
    Column("author_followers", "f4", 1, 0, "followers of the author"),
    Column("author_items", "f4", 1, 0, "items the author has published"),
    Column("author_impressions", "f4", 1, 0, "impressions of the author's items, all time"),
    Column("author_positives", "f4", 1, 0, "positive actions on the author's items, all time"),
]

VECTOR = Column("vector", "f2", EMBEDDING_DIM, 0, "the item's embedding; zeros without has_vector")

SHARD_ITEM_COLUMNS = [
    *IDENTITY,
    *STORED_FACTS,
    Column(
        "counters", "f4", len(COUNTER_COLUMNS), 0, "item counters in the order of COUNTER_COLUMNS"
    ),
    VECTOR,
]
"""`items.arrow` of a shard: one row per item, ordered by (created_ms, item_id)."""

ITEM_FACTS = [
    "log_duration_s",
    "log_popularity",
    "log_author_followers",
    "log_author_items",
    "log_author_impressions",
    "log_author_positives",
    *(f"log_{action}_{horizon.name}" for horizon in HORIZONS for action in COUNTED),
]
"""Columns of the fp16 matrix `facts` that travels: `log1p` of the stored facts and of the counters
aged to the request's time (batch plus live). `log1p` keeps counts inside float16's range and makes
its rounding relative."""

FACTS = Column(
    "facts", "f2", len(ITEM_FACTS), 0, "see ITEM_FACTS; filled by the shard at request time"
)

CANDIDATE_COLUMNS = [*IDENTITY, FACTS, VECTOR]
"""What a shard answers for every item it found, in this order."""

CANDIDATE_SCHEMA = schema_hash(CANDIDATE_COLUMNS)
