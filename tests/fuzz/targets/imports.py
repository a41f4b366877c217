"""Whole imports of one file, text or Parquet, as canonical table or of an adapter.

The first byte names the adapter, the second the file. An import either says why not and leaves
nothing behind, or leaves a data folder that opens.
"""

import io
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tables.adapters.ciao import import_ciao
from tables.adapters.kuairand import import_kuairand
from tables.dataset import Dataset
from tables.errors import ImportFailedError
from tables.importer import import_canonical
from tables.report import ImportReport
from tables.schema import TABLES
from tests.fuzz.target import Target, Try
from tests.tables.build import HEADER, NOW_MS

Import = Callable[..., ImportReport]
ADAPTERS: list[tuple[Import, list[str], dict[str, str]]] = [
    (import_canonical, list(TABLES), {"actions.csv": HEADER + "1,2,click,1600000000000\n"}),
    (
        import_ciao,
        ["ratings", "trust"],
        {"ratings.csv": "user_id,product_id,category_id,rating,unix_time\n1,2,3,4,1300000000\n"},
    ),
    (
        import_kuairand,
        ["impressions", "video_features_basic", "user_features", "pre_period_history"],
        {},
    ),
]
PARQUET = 0x80
"""Bit of the second byte: the file is Parquet, not text."""


def seeds() -> Iterator[bytes]:
    actions = list(TABLES).index("actions")
    yield bytes([0, actions]) + (HEADER + "1,2,like,1600000000000\n1,2,like,160\n").encode()
    columns: dict[str, Any] = {
        "viewer_id": [1, 2], "item_id": [3, 4], "action": ["click", "nod"],
        "occurred_ms": [1_600_000_000_000, None],
    }  # fmt: skip
    yield bytes([0, actions | PARQUET]) + _parquet(pa.table(columns))
    yield bytes([0, list(TABLES).index("items")]) + b"item_id,author_id,category\n2,7,art|film\n"
    yield bytes([1, 0]) + b"user_id,product_id,category_id,rating,unix_time\n1,2,3,4.5,1300000000\n"
    yield bytes([1, 1]) + b"truster_id,trustee_id\n1,2\n2,x\n"
    yield bytes([2, 0]) + (
        b"user_id,video_id,time_ms,is_click,is_like,is_follow,is_comment,is_forward,is_hate,"
        b"long_view,play_time_ms,duration_ms,tab\n1,2,1600000000000,1,0,0,0,0,0,1,500,900,1\n"
    )


def _parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="none")
    return sink.getvalue()


@contextmanager
def opened() -> Iterator[Try]:
    with tempfile.TemporaryDirectory() as name:
        source, out = Path(name) / "in", Path(name) / "data"

        def attempt(data: bytes) -> None:
            if len(data) < 2:
                return
            run, names, others = ADAPTERS[data[0] % len(ADAPTERS)]
            _write(source, names[data[1] % PARQUET % len(names)], data, others)
            try:
                run(source, out, now_ms=NOW_MS, max_rejected_share=1.0)
            except ImportFailedError:
                assert not out.exists()
            else:
                Dataset.open(out)
                shutil.rmtree(out)
            assert {path.name for path in Path(name).iterdir()} == {"in"}

        yield attempt


def _write(source: Path, name: str, data: bytes, others: dict[str, str]) -> None:
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir()
    for other, text in others.items():
        (source / other).write_text(text)
    ending = "parquet" if data[1] & PARQUET else "csv"
    (source / f"{name}.{ending}").write_bytes(data[2:])


TARGET = Target("imports", seeds, opened, is_quick=False)
