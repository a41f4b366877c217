"""What the build asks of a data engine: shuffle tables into sorted parts, run a function on each.

Everything that happens inside a partition is one plain function over Arrow tables that knows no
engine, so Spark and the local engine give the same bytes by construction. An engine only reads,
partitions, sorts and schedules; no rows reach the driver.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

Receipt = dict[str, Any]
"""What a partition tells the driver: file names, counts, sums. Small, JSON-like, never rows."""


class Engine(Protocol):
    """Runs on a folder that all workers see."""

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
        """Repartition a Parquet folder by a column.

        Row r goes to `out/part-{p:05d}.parquet` with `p = partition_of(r[key], partitions)` (the
        hash of `serving.bus.topics`, so that shards of items and of topics agree), ordered by
        `order_by` ascending, nulls first. Every partition has a file, empty ones too. Rows with a
        null key are dropped. `columns` keeps only those.
        """
        ...

    def map(
        self, partitions: int, function: Callable[[int], Receipt], *, describe: str
    ) -> list[Receipt]:
        """Run `function(p)` for every partition on the workers, in parallel.

        The function reads its inputs and writes its outputs itself, under the working folder; it is
        pickled to Spark's executors, so it must be a top-level function or a `functools.partial`
        of one over plain values. Rerunning it must be harmless.

        Returns:
            The receipts in the order of partitions.
        """
        ...

    def close(self) -> None: ...


def run_task(tasks: Sequence[Callable[[int], Receipt]], number: int) -> Receipt:
    """Run one of several different tasks, so that they share one job."""
    return tasks[number](number)
