"""Imports canonical tables, and gives the adapters the frame in which they do the same.

Every row goes the same way: staged from its file, checked by the rules of its table, merged with
its repeats, completed by what other tables name, and published as one folder when all is whole.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tables.complete import write_items, write_viewers
from tables.dataset import REJECTED_NAME, DatasetInfo
from tables.engine import connect, parquet, single, write_parquet
from tables.errors import ImportFailedError
from tables.import_run import ImportRun, Progress
from tables.merge import MergedTable
from tables.publish import published
from tables.report import ImportReport, counts, rejected_examples, too_many_rejected
from tables.schema import TABLES

MAX_REJECTED_SHARE = 0.01
"""Share of a table's rows that may be rejected before the import is given up."""

Tables = dict[str, MergedTable]


@dataclass(frozen=True, slots=True)
class ReadInput:
    """What a reader of input answers.

    Attributes:
        tables: All eight canonical tables.
        files: Published files they were made from, by name; empty for canonical input.
    """

    tables: Tables
    files: Tables


Reader = Callable[[ImportRun], ReadInput]


def import_canonical(
    source: Path,
    out: Path,
    *,
    authors_are_viewers: bool | None = None,
    now_ms: int | None = None,
    max_rejected_share: float = MAX_REJECTED_SHARE,
    replace: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a folder of canonical tables into the data folder `out`.

    Args:
        authors_are_viewers: Whether both have one id space; `None` means that they do where
            somebody follows somebody.
        now_ms: Time of the import in Unix ms, against which future times are judged; `None` is now.
        max_rejected_share: More rejected rows than this share of any table fail the import.
        replace: Whether `out` may be there already.

    Raises:
        ImportFailedError: nothing was imported; the message says all that is wrong.
    """
    return run_import(
        "canonical",
        _read_canonical,
        source,
        out,
        authors_are_viewers=authors_are_viewers,
        now_ms=now_ms,
        max_rejected_share=max_rejected_share,
        replace=replace,
        progress=progress,
    )


def _read_canonical(run: ImportRun) -> ReadInput:
    tables: Tables = {}
    for at, (name, table) in enumerate(TABLES.items()):
        run.progress(f"reading {name}", 0.8 * at / len(TABLES))
        tables[name] = run.read(table, name, required=name == "actions", keep_origin=False)
    run.stop_at_problems()
    return ReadInput(tables, {})


def run_import(
    kind: str,
    reader: Reader,
    source: Path,
    out: Path,
    *,
    authors_are_viewers: bool | None,
    now_ms: int | None,
    max_rejected_share: float,
    replace: bool,
    progress: Progress | None,
) -> ImportReport:
    """Read `source` with `reader` and publish what it finds as `out`; see `import_canonical`."""
    if not source.is_dir():
        raise ImportFailedError([f"{source} is not a folder"])
    report_progress = progress or (lambda _what, _share: None)
    with published(out, replace) as work:
        scratch = work / ".scratch"
        connection = connect(scratch / "spill")
        moment = time.time_ns() // 1_000_000 if now_ms is None else now_ms
        run = ImportRun(connection, source, scratch, moment, report_progress)
        try:
            read = reader(run)
            _refuse_bad_input(run, read, max_rejected_share)
            report_progress("writing", 0.8)
            report = _write(run, kind, read, authors_are_viewers, work, out)
        except (duckdb.Error, OSError) as error:
            cause = str(error).splitlines()[0]
            raise ImportFailedError([f"the import stopped: {cause}"]) from error
        finally:
            connection.close()
        shutil.rmtree(scratch)
    report_progress("done", 1.0)
    return report


def _refuse_bad_input(run: ImportRun, read: ReadInput, max_rejected_share: float) -> None:
    problems: list[str] = []
    for merged in (*read.files.values(), *read.tables.values()):
        problems += too_many_rejected(run.connection, merged, max_rejected_share)
    if problems:
        raise ImportFailedError(problems)


def _write(
    run: ImportRun,
    kind: str,
    read: ReadInput,
    authors_are_viewers: bool | None,
    work: Path,
    out: Path,
) -> ImportReport:
    tables, connection = read.tables, run.connection
    if authors_are_viewers is None:
        authors_are_viewers = tables["follows"].kept > 0
    rows = {
        "items": write_items(connection, tables, _part(work, "items")),
        "viewers": write_viewers(connection, tables, authors_are_viewers, _part(work, "viewers")),
    }
    for name in TABLES.keys() - rows.keys():
        rows[name] = _write_sorted(connection, tables[name], _part(work, name))
    _write_rejected(connection, {**read.files, **tables}, work / REJECTED_NAME)
    report = ImportReport(
        out=out,
        tables={name: counts(tables[name], rows[name] - tables[name].kept) for name in TABLES},
        files={name: counts(merged) for name, merged in read.files.items()},
        authors_are_viewers=authors_are_viewers,
        has_impressions=_has_impressions(connection, tables),
        data_time_ms=_data_time_ms(connection, work),
        rejected_examples=[
            example
            for merged in (*read.files.values(), *tables.values())
            for example in rejected_examples(connection, merged)
        ],
    )
    _info(kind, report).write(work)
    return report


def _part(work: Path, table: str) -> Path:
    return work / table / "part-00000.parquet"


def _write_sorted(connection: duckdb.DuckDBPyConnection, merged: MergedTable, path: Path) -> int:
    """Write a table in an order that depends on its rows alone: actions by viewer and time."""
    names = [column.name for column in merged.table.columns]
    order = merged.table.key or ("viewer_id", "occurred_ms", *names)
    query = f"SELECT {', '.join(names)} FROM {parquet(merged.rows_path)} ORDER BY "
    return write_parquet(connection, query + ", ".join(dict.fromkeys(order)), path)


def _write_rejected(connection: duckdb.DuckDBPyConnection, tables: Tables, path: Path) -> None:
    rejected = parquet(*(merged.rejected_path for merged in tables.values()))
    write_parquet(connection, f"SELECT * FROM {rejected} ORDER BY ALL", path)


def _has_impressions(connection: duckdb.DuckDBPyConnection, tables: Tables) -> bool:
    exact = "action = 'impression' AND NOT approximate_time"
    query = f"SELECT count(*) FROM {parquet(tables['actions'].rows_path)} WHERE {exact}"
    return bool(single(connection, query))


def _data_time_ms(connection: duckdb.DuckDBPyConnection, work: Path) -> int:
    latest = f"""SELECT max(latest_ms) FROM (
        SELECT max(occurred_ms) AS latest_ms FROM {parquet(_part(work, "actions"))}
        UNION ALL SELECT max(created_ms) FROM {parquet(_part(work, "items"))})"""
    return single(connection, latest) or 0


def _info(kind: str, report: ImportReport) -> DatasetInfo:
    counted = {**report.files, **report.tables}
    return DatasetInfo(
        source=kind,
        authors_are_viewers=report.authors_are_viewers,
        has_impressions=report.has_impressions,
        clock="data",
        data_time_ms=report.data_time_ms,
        imported_rows={name: table.rows for name, table in report.tables.items()},
        rejected_rows={name: table.rejected for name, table in counted.items()},
    )
