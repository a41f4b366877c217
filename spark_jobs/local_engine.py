"""The build without Spark: DuckDB partitions and sorts out of core, processes run the functions."""

import glob
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from generation.partition import partitions_of
from spark_jobs.engine import Receipt
from spark_jobs.part_files import part_path

MEMORY_LIMIT = "2GB"
"""What DuckDB may hold before it spills; the functions run in other processes."""

HASHED_ROWS = 262_144


class LocalEngine:
    """An `Engine` on this machine."""

    def __init__(self, workers: int | None = None) -> None:
        """Use `workers` processes and threads, by default one per core."""
        self._workers = workers or os.cpu_count() or 1
        self._pool: ProcessPoolExecutor | None = None

    def shuffle(
        self,
        source: Path,
        out: Path,
        *,
        key: str,
        partitions: int,
        order_by: Sequence[str],
        columns: Sequence[str] | None = None,
    ) -> None:
        """See `Engine.shuffle`."""
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        with self._connect(staging) as connection:
            rows = _rows_by_partition(connection, source, key, partitions, columns, staging)
            names = [name for name, *_ in rows.description if name != _PARTITION]
            selected = ", ".join(map(_quoted, names))
            order = ", ".join(f"{_quoted(name)} ASC NULLS FIRST" for name in order_by)
            for partition in range(partitions):
                target = _literal(part_path(out, partition))
                where = f"WHERE {_PARTITION} = {partition}"
                query = f"SELECT {selected} FROM {_STAGED} {where} ORDER BY {order or 'ALL'}"
                connection.execute(f"COPY ({query}) TO {target} (FORMAT parquet, COMPRESSION zstd)")
        shutil.rmtree(staging)

    def map(
        self,
        partitions: int,
        function: Callable[[int], Receipt],
        *,
        describe: str,  # noqa: ARG002 - the name is for engines with a page of their own
    ) -> list[Receipt]:
        """See `Engine.map`."""
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._workers, context)
        return list(self._pool.map(function, range(partitions)))

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def _connect(self, spill_folder: Path) -> duckdb.DuckDBPyConnection:
        settings: dict[str, Any] = {
            "memory_limit": MEMORY_LIMIT,
            "threads": self._workers,
            "temp_directory": str(spill_folder / "duckdb"),
            "preserve_insertion_order": False,
        }
        return duckdb.connect(":memory:", config=settings)


_PARTITION = "partition_number"
_STAGED = "staged"


def _rows_by_partition(
    connection: duckdb.DuckDBPyConnection,
    source: Path,
    key: str,
    partitions: int,
    columns: Sequence[str] | None,
    staging: Path,
) -> Any:
    """Stage the rows with their partition as the view `staged`."""
    files = f"read_parquet({_literal(source)} || '/*.parquet', union_by_name = true)"
    selected = "*" if columns is None else ", ".join(map(_quoted, columns))
    rows = connection.sql(
        f"SELECT {selected} FROM {files} WHERE {_quoted(key)} IS NOT NULL"
    ).to_arrow_reader(HASHED_ROWS)
    path = staging / "rows.parquet"
    schema = rows.schema.append(pa.field(_PARTITION, pa.int32()))
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as writer:
        for batch in rows:
            partition = partitions_of(batch.column(key).to_numpy(), partitions)
            writer.write_batch(
                pa.RecordBatch.from_arrays([*batch.columns, pa.array(partition)], schema=schema)
            )
    connection.execute(f"CREATE VIEW {_STAGED} AS FROM read_parquet({_literal(path)})")
    return connection.execute(f"SELECT * FROM {_STAGED} LIMIT 0")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(path: Path) -> str:
    escaped = glob.escape(str(path)).replace("'", "''")
    return f"'{escaped}'"
