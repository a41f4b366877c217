"""Completes the tables: whoever and whatever is only named by another table gets a row too."""

from pathlib import Path

import duckdb

from tables.columns import EARLIEST_MS
from tables.engine import parquet, quoted, single, write_parquet
from tables.merge import MergedTable
from tables.schema import ITEMS, VIEWERS

Tables = dict[str, MergedTable]


def write_items(connection: duckdb.DuckDBPyConnection, tables: Tables, path: Path) -> int:
    """Write all items; one that does not say when it was created was so at its first action.

    An item that nobody acted on and that has no time of its own is as old as the data.
    """
    actions = parquet(tables["actions"].rows_path)
    first_ms = single(connection, f"SELECT min(occurred_ms) FROM {actions}")
    oldest_ms = EARLIEST_MS if first_ms is None else first_ms
    given = {"item_id": "coalesce(i.item_id, a.item_id) AS item_id"}
    given["created_ms"] = f"coalesce(i.created_ms, a.first_ms, {oldest_ms}) AS created_ms"
    given["categories"] = "coalesce(i.categories, []::VARCHAR[]) AS categories"
    given["is_sensitive"] = "coalesce(i.is_sensitive, FALSE) AS is_sensitive"
    given["visibility"] = "coalesce(i.visibility, 'public') AS visibility"
    names = [column.name for column in ITEMS.columns] + list(tables["items"].attributes)
    selected = ", ".join(given.get(name, f"i.{quoted(name)}") for name in names)
    return write_parquet(
        connection,
        f"SELECT {selected} FROM {parquet(tables['items'].rows_path)} i FULL OUTER JOIN "
        f"(SELECT item_id, min(occurred_ms) AS first_ms FROM {actions} GROUP BY item_id) a "
        "ON i.item_id = a.item_id ORDER BY 1",
        path,
    )


def write_viewers(
    connection: duckdb.DuckDBPyConnection, tables: Tables, authors_are_viewers: bool, path: Path
) -> int:
    """Write all viewers: those given, and those who act, join, follow, block or mute.

    Where authors are viewers, so are the people followed.
    """
    named = [
        f"SELECT viewer_id FROM {parquet(tables[name].rows_path)}"
        for name in ("actions", "memberships", "follows", "blocks", "mutes")
    ]
    if authors_are_viewers:
        named.append(f"SELECT author_id FROM {parquet(tables['follows'].rows_path)}")
    given = {"viewer_id": "coalesce(v.viewer_id, n.viewer_id) AS viewer_id"}
    given["allow_sensitive"] = "coalesce(v.allow_sensitive, FALSE) AS allow_sensitive"
    names = [column.name for column in VIEWERS.columns] + list(tables["viewers"].attributes)
    selected = ", ".join(given.get(name, f"v.{quoted(name)}") for name in names)
    return write_parquet(
        connection,
        f"SELECT {selected} FROM {parquet(tables['viewers'].rows_path)} v FULL OUTER JOIN "
        f"({' UNION '.join(named)}) n ON v.viewer_id = n.viewer_id ORDER BY 1",
        path,
    )
