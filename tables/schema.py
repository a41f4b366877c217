"""The eight canonical tables, defined once: what an import accepts and a data folder holds."""

from typing import Any

import pyarrow as pa

from tables.columns import Column, Kind, Table

ACTION_NAMES = (
    "impression",
    "click",
    "like",
    "long_view",
    "share",
    "comment",
    "hide",
    "report",
)
VISIBILITIES = ("public", "followers", "friends", "group")

_VIEWER = Column("viewer_id", Kind.ID, "who", required=True)
_AUTHOR = Column("author_id", Kind.ID, "who makes items", required=True)
_CREATED = Column("created_ms", Kind.TIME, "Unix ms since when, null where unknown")
_REGION = Column("region", Kind.TEXT, "any region where null")
_LANGUAGE = Column("language", Kind.TEXT, "any language where null")

ACTIONS = Table(
    "actions",
    "What viewers did to items, one row per action.",
    (
        Column("viewer_id", Kind.ID, "who acted", required=True),
        Column("item_id", Kind.ID, "on what", required=True),
        Column("action", Kind.CHOICE, "what was done", required=True, choices=ACTION_NAMES),
        Column("occurred_ms", Kind.TIME, "Unix ms when it happened", required=True),
        Column("value", Kind.NUMBER, "time watched or dwelt, or a rating; the data's own unit"),
        Column("surface", Kind.TEXT, "where in the client"),
        Column("feed_id", Kind.TEXT, "feed it was shown in"),
        Column("position", Kind.SMALL_COUNT, "place in that feed, from 0"),
        Column("device", Kind.TEXT, "device type"),
        Column(
            "approximate_time",
            Kind.FLAG,
            "the order is known, the time is not: history, never a training row",
            default=False,
        ),
        Column("partition", Kind.SMALL_COUNT, "bus partition; live rows only"),
        Column("bus_offset", Kind.COUNT, "offset in that partition; live rows only"),
        Column("action_id", Kind.TEXT, "the client's id of the action; live rows only"),
    ),
)

ITEMS = Table(
    "items",
    "What is ranked, one row per item.",
    (
        Column("item_id", Kind.ID, "which item", required=True),
        Column("author_id", Kind.ID, "who made it, null where unknown"),
        Column("created_ms", Kind.TIME, "Unix ms of publication; never null in a data folder"),
        Column("categories", Kind.LIST, "names, in the order given", source_name="category"),
        _REGION,
        _LANGUAGE,
        Column("is_sensitive", Kind.FLAG, "only for viewers who allow it", default=False),
        Column("duration_ms", Kind.COUNT, "length of the media"),
        Column("title", Kind.TEXT, "headline"),
        Column("text", Kind.TEXT, "body"),
        Column("media_url", Kind.TEXT, "address of picture or video"),
        Column("group_id", Kind.ID, "group it was posted in"),
        Column("visibility", Kind.CHOICE, "who may see it", default="public", choices=VISIBILITIES),
    ),
    key=("item_id",),
    keeps_attributes=True,
)

VIEWERS = Table(
    "viewers",
    "Who asks for feeds, one row per viewer.",
    (
        _VIEWER,
        _REGION,
        _LANGUAGE,
        _CREATED,
        Column("allow_sensitive", Kind.FLAG, "may be shown sensitive items", default=False),
    ),
    key=("viewer_id",),
    keeps_attributes=True,
)

AUTHORS = Table(
    "authors",
    "How authors are shown, one row per author that says so.",
    (
        _AUTHOR,
        Column("display_name", Kind.TEXT, "name shown"),
        Column("avatar_url", Kind.TEXT, "address of the picture shown"),
    ),
    key=("author_id",),
)

MEMBERSHIPS = Table(
    "memberships",
    "Which groups a viewer has joined.",
    (_VIEWER, Column("group_id", Kind.ID, "group joined", required=True), _CREATED),
    key=("viewer_id", "group_id"),
    merges_times=True,
)


def _relation(name: str, doc: str) -> Table:
    columns = (_VIEWER, _AUTHOR, _CREATED)
    return Table(name, doc, columns, key=("viewer_id", "author_id"), merges_times=True)


FOLLOWS = _relation("follows", "Whom a viewer follows.")
BLOCKS = _relation("blocks", "Whom a viewer has blocked.")
MUTES = _relation("mutes", "Whom a viewer has muted.")

TABLES: dict[str, Table] = {
    table.name: table
    for table in (ACTIONS, ITEMS, VIEWERS, AUTHORS, MEMBERSHIPS, FOLLOWS, BLOCKS, MUTES)
}

_REJECTED_FIELDS: list["pa.Field[Any]"] = [
    pa.field("table", pa.string(), metadata={"doc": "table or published file"}),
    pa.field("file", pa.string(), metadata={"doc": "file within the input folder"}),
    pa.field("row_group", pa.int32(), metadata={"doc": "from 0; Parquet input only"}),
    pa.field("line", pa.int64(), metadata={"doc": "line of a text file, row of a Parquet one"}),
    pa.field("column", pa.string(), metadata={"doc": "null where the whole row is at fault"}),
    pa.field("value", pa.string(), metadata={"doc": "as written, at most 200 characters"}),
    pa.field("rule", pa.string(), metadata={"doc": "what it broke"}),
]
REJECTED_SCHEMA = pa.schema(_REJECTED_FIELDS)
