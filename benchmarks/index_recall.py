"""Recall and speed of both kinds of index over the vectors of a generation's shards.

    python -m benchmarks.index_recall [GENERATIONS]

Builds `exact` and `ivf` anew from the vectors of every shard, whatever its size.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from generation import layout
from generation.arrow_file import MappedTable
from generation.build_index import build_index
from generation.faiss_index import FaissIndex
from generation.publish import current

DEMO = Path("var/demo/generations")
"""What `make demo` has built."""

DEPTH = 100
ROUNDS = 200


def main() -> None:
    folder = current(Path(sys.argv[1]) if len(sys.argv) > 1 else DEMO)
    table = Table(title=f"indexes over {folder.name}")
    for heading in ("shard", "kind", "vectors", "lists", "probes", "recall@100", "µs per query"):
        table.add_column(heading, justify="right")
    for shard in sorted(folder.glob("shards/*")):
        items = MappedTable(shard / layout.SHARD_ITEMS)
        rows = np.flatnonzero(items.array("has_vector")).astype(np.int32)
        vectors = items.array("vector")[rows].astype(np.float32)
        queries = MappedTable(shard / layout.SHARD_TRUTH).array("query")
        for kind in ("exact", "ivf"):
            with tempfile.TemporaryDirectory() as built:
                said = build_index(vectors, rows, Path(built), queries=queries, seed=7, force=kind)
                micros = microseconds(FaissIndex.open(Path(built)), queries)
            table.add_row(
                shard.name, kind, f"{len(rows):,}", str(said.lists), str(said.probes),
                f"{said.recall_at_100:.4f}", f"{micros:.0f}",
            )  # fmt: skip
    Console().print(table)


def microseconds(index: FaissIndex, queries: np.ndarray) -> float:
    """Median time of a search for the `DEPTH` best, one query at a time."""
    spent = []
    for at in range(ROUNDS):
        query = queries[at % len(queries)][None, :]
        started = time.perf_counter()
        index.search(query, DEPTH)
        spent.append(time.perf_counter() - started)
    return 1e6 * float(np.median(spent))


if __name__ == "__main__":
    main()
