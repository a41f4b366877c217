"""Reads the published Ciao layout: dated product ratings with a trust graph and categories.

A rating is a click, from `LIKED_FROM` up a like too. The first rating of a product, by time and
then by place in the file, is its publication: the rater is its author.
"""

from pathlib import Path

from tables.check import ORIGIN
from tables.columns import Column, Kind, Table
from tables.import_run import ImportRun, Progress
from tables.importer import MAX_REJECTED_SHARE, ReadInput, run_import
from tables.report import ImportReport
from tables.schema import TABLES

LIKED_FROM = 4

RATINGS = Table(
    "ratings",
    "Who rated which product, when.",
    (
        Column("user_id", Kind.ID, "rater", required=True),
        Column("product_id", Kind.ID, "product", required=True),
        Column("category_id", Kind.ID, "category of the product"),
        Column("rating", Kind.NUMBER, "0 to 5, higher is better", required=True),
        Column("unix_time", Kind.SECONDS, "Unix seconds", required=True),
    ),
    keeps_attributes=True,
)

TRUST = Table(
    "trust",
    "Who trusts whom.",
    (
        Column("truster_id", Kind.ID, "who trusts", required=True),
        Column("trustee_id", Kind.ID, "who is trusted", required=True),
    ),
)


def import_ciao(
    source: Path,
    out: Path,
    *,
    now_ms: int | None = None,
    max_rejected_share: float = MAX_REJECTED_SHARE,
    replace: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a folder in the Ciao layout; arguments and errors are those of `import_canonical`."""
    return run_import(
        "ciao",
        _read,
        source,
        out,
        authors_are_viewers=True,
        now_ms=now_ms,
        max_rejected_share=max_rejected_share,
        replace=replace,
        progress=progress,
    )


def _read(run: ImportRun) -> ReadInput:
    run.progress("reading ratings", 0.0)
    ratings = run.read(RATINGS, "ratings", required=True, keep_origin=True)
    run.progress("reading trust", 0.3)
    trust = run.read(TRUST, "trust", required=False, keep_origin=True)
    run.stop_at_problems()
    queries = {
        "actions": _actions(run.rows(ratings)),
        "items": _items(run.rows(ratings)),
        "follows": _follows(run.rows(trust)) if trust.kept else None,
    }
    tables = {}
    for at, (name, table) in enumerate(TABLES.items()):
        run.progress(f"deriving {name}", 0.4 + 0.4 * at / len(TABLES))
        tables[name] = run.derive(table, queries.get(name), name)
    return ReadInput(tables, {"ratings": ratings, "trust": trust})


_ORIGIN = ", ".join(ORIGIN)


def _actions(ratings: str) -> str:
    columns = (
        "user_id AS viewer_id, product_id AS item_id, unix_time * 1000 AS occurred_ms, "
        f"rating AS value, {_ORIGIN}"
    )
    return (
        f"SELECT 'click' AS action, {columns} FROM {ratings} UNION ALL "
        f"SELECT 'like' AS action, {columns} FROM {ratings} WHERE rating >= {LIKED_FROM}"
    )


def _items(ratings: str) -> str:
    in_order = "PARTITION BY product_id ORDER BY unix_time, source_number, source_line"
    return (
        "SELECT product_id AS item_id, user_id AS author_id, unix_time * 1000 AS created_ms, "
        f"'category_' || category_id AS category, {_ORIGIN} FROM {ratings} "
        f"QUALIFY row_number() OVER ({in_order}) = 1"
    )


def _follows(trust: str) -> str:
    return f"SELECT truster_id AS viewer_id, trustee_id AS author_id, {_ORIGIN} FROM {trust}"
