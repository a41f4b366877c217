"""Tiny input folders, and what came of importing them."""

import gzip
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tables.importer import import_canonical
from tables.report import ImportReport

NOW_MS = 1_700_000_000_000
HEADER = "viewer_id,item_id,action,occurred_ms\n"


def write(folder: Path, **files: str) -> Path:
    """Write text files into `folder`; `actions_csv_gz` becomes `actions.csv.gz`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        stem, _, ending = name.partition("__")
        path = folder / f"{stem}.{ending.replace('_', '.')}"
        content = text.encode()
        path.write_bytes(gzip.compress(content) if ending.endswith("gz") else content)
    return folder


def run(source: Path, **options: Any) -> ImportReport:
    """Import `source` into `data` beside it, at `NOW_MS`."""
    return import_canonical(source, source.parent / "data", now_ms=NOW_MS, **options)


def rows(report: ImportReport, table: str) -> list[dict[str, Any]]:
    """The rows of a table of the data folder."""
    found: list[dict[str, Any]] = pq.read_table(report.out / table).to_pylist()
    return found


def rejected(report: ImportReport) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(report.out / "rejected.parquet").to_pylist()
    return found
