"""What the bus says, as changes of the canonical tables.

`events` are the new actions, each `action_id` of a viewer once, and `item_events` the last change
of each item. The messages of one viewer, and those of one item, are in one partition, so that their
offsets tell which was last. What probes did (`feedrank probe`) is left out: nobody learns from it.
"""

import duckdb

from feedrank.exporting.table_change import TableChange
from feedrank.probing.synthetic import FIRST_ID
from tables.dataset import Dataset
from tables.engine import literal, parquet
from tables.schema import ACTION_NAMES, VIEWERS

_CANONICAL = ", ".join(literal(name) for name in ACTION_NAMES)


def create_views(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, rows: str, item_rows: str, live: str
) -> None:
    """Make `events` and `item_events` of rows read from the bus.

    Args:
        rows, item_rows: SQL tables.
        live: Name of the file this export adds, whose rows are not known yet.
    """
    known = [path for path in dataset.files("actions") if path.name != live]
    again = (
        "k.viewer_id = r.viewer_id AND k.action_id = r.action_id"
        " AND k.item_id IS NOT DISTINCT FROM r.item_id"
    )
    connection.execute(
        f"CREATE TABLE events AS SELECT * FROM {rows} r WHERE NOT EXISTS "
        f"(SELECT 1 FROM {parquet(*known)} k WHERE {again}) "
        f"AND {_is_real('viewer_id', 'item_id', 'author_id')} "
        "QUALIFY action_id IS NULL OR row_number() OVER "
        "(PARTITION BY viewer_id, action_id ORDER BY bus_offset) = 1"
    )
    connection.execute(
        f"CREATE TABLE item_events AS SELECT * FROM {item_rows} "
        f"WHERE {_is_real('item_id', 'author_id')} "
        "QUALIFY row_number() OVER (PARTITION BY item_id ORDER BY bus_offset DESC) = 1"
    )


def _is_real(*id_columns: str) -> str:
    return " AND ".join(f"coalesce({column}, 0) < {FIRST_ID}" for column in id_columns)


def changes() -> list[TableChange]:
    """All of them, in the order in which they are applied; actions, which carry offsets, last."""
    return [
        _relation("follows", "author_id", "follow", "unfollow"),
        _relation("blocks", "author_id", "block", "unblock"),
        _relation("mutes", "author_id", "mute", "unmute"),
        _relation("memberships", "group_id", "join", "leave"),
        _items(),
        _viewers(),
        _actions(),
    ]


def _relation(table: str, target: str, does: str, undoes: str) -> TableChange:
    """The last word on a pair counts; one that stood all along keeps its time."""
    pair = f"e.viewer_id = t.viewer_id AND e.{target} = t.{target}"
    last = (
        f"SELECT viewer_id, {target}, arg_max(action, bus_offset) AS said, "
        f"max(occurred_ms) FILTER (action = '{does}') AS created_ms FROM events "
        f"WHERE action IN ('{does}', '{undoes}') GROUP BY viewer_id, {target}"
    )
    return TableChange(
        table,
        removed=f"EXISTS (SELECT 1 FROM events e WHERE {pair} AND e.action = '{undoes}')",
        added=f"SELECT * FROM ({last}) e WHERE said = '{does}' "
        f"AND NOT EXISTS (SELECT 1 FROM {{known}} t WHERE {pair})",
    )


def _items() -> TableChange:
    """A published item is all fields anew; actions on a deleted one are left out by the build."""
    return TableChange(
        "items",
        removed="t.item_id IN (SELECT item_id FROM item_events)",
        added="SELECT * FROM item_events WHERE NOT is_deleted",
    )


def _viewers() -> TableChange:
    names = ", ".join(
        {"viewer_id": "viewer_id", "allow_sensitive": "FALSE AS allow_sensitive"}.get(
            column.name,
            f"NULL::{'BIGINT' if column.name == 'created_ms' else 'VARCHAR'} AS {column.name}",
        )
        for column in VIEWERS.columns
    )
    return TableChange(
        "viewers",
        removed="FALSE",
        added=f"SELECT {names} FROM (SELECT DISTINCT viewer_id FROM events) "
        "WHERE viewer_id NOT IN (SELECT viewer_id FROM {known})",
    )


def _actions() -> TableChange:
    """An unlike takes back the likes before it; everything else is added as it was."""
    withdrawn = "e.action = 'unlike' AND e.viewer_id = t.viewer_id AND e.item_id = t.item_id"
    return TableChange(
        "actions",
        removed=f"t.action = 'like' AND EXISTS (SELECT 1 FROM events e WHERE {withdrawn})",
        added=f"SELECT * FROM events t WHERE action IN ({_CANONICAL}) AND NOT (action = 'like' "
        f"AND EXISTS (SELECT 1 FROM events e WHERE {withdrawn} AND e.bus_offset > t.bus_offset))",
    )
