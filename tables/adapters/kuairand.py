"""Reads the published KuaiRand layout: impressions of a short-video feed with what followed them.

Each impression is an `impression` with its dwell, and one more action per flag that is set.
Before the period only an order is known, so those rows get made times marked approximate.
"""

from pathlib import Path

from tables.adapters.kuairand_layout import (
    HISTORY,
    IMPRESSIONS,
    USER_FEATURES,
    VIDEO_FEATURES,
)
from tables.adapters.kuairand_queries import actions, follows, items, viewers
from tables.import_run import ImportRun, Progress
from tables.importer import MAX_REJECTED_SHARE, ReadInput, run_import
from tables.report import ImportReport
from tables.schema import TABLES


def import_kuairand(
    source: Path,
    out: Path,
    *,
    now_ms: int | None = None,
    max_rejected_share: float = MAX_REJECTED_SHARE,
    replace: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a folder in the KuaiRand layout; the rest is as in `import_canonical`.

    Only the impressions are required. Authors are not viewers: their ids are unrelated.
    """
    return run_import(
        "kuairand",
        _read,
        source,
        out,
        authors_are_viewers=False,
        now_ms=now_ms,
        max_rejected_share=max_rejected_share,
        replace=replace,
        progress=progress,
    )


def _read(run: ImportRun) -> ReadInput:
    files = {}
    for at, (table, stem) in enumerate(
        (
            (IMPRESSIONS, "impressions"),
            (HISTORY, "pre_period_history"),
            (VIDEO_FEATURES, "video_features_basic*"),
            (USER_FEATURES, "user_features*"),
        )
    ):
        run.progress(f"reading {table.name}", 0.1 * at)
        required = table is IMPRESSIONS
        files[table.name] = run.read(table, stem, required=required, keep_origin=True)
    run.stop_at_problems()
    shown, history, videos, users = (run.rows(file) for file in files.values())
    video_file, user_file = files[VIDEO_FEATURES.name], files[USER_FEATURES.name]
    queries = {
        "actions": actions(shown, history if files[HISTORY.name].kept else None),
        "items": items(shown, videos if video_file.kept else None, video_file.attributes),
        "viewers": viewers(users, user_file.attributes) if user_file.kept else None,
        "follows": follows(shown, videos) if video_file.kept else None,
    }
    tables = {}
    for at, (name, table) in enumerate(TABLES.items()):
        run.progress(f"deriving {name}", 0.4 + 0.4 * at / len(TABLES))
        tables[name] = run.derive(table, queries.get(name), name)
    return ReadInput(tables, files)
