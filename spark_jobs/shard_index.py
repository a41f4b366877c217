"""The nearest-neighbour index of a shard, and the exact answers its recall is measured with."""

import numpy as np
import numpy.typing as npt

from generation import layout
from generation.arrow_file import MappedTable
from generation.build_index import MAX_TRUTH_QUERIES, IndexKind, build_index
from spark_jobs.build_context import Facts, Workplace
from spark_jobs.engine import Receipt
from spark_jobs.single_thread import single_thread


def shard_index(workplace: Workplace, facts: Facts, force: IndexKind | None, shard: int) -> Receipt:
    """Write `index.faiss`, `index.json` and `truth.arrow` from the items that have vectors."""
    folder = workplace.output / layout.SHARD.format(shard=shard)
    items = MappedTable(folder / layout.SHARD_ITEMS)
    rows = np.flatnonzero(items.array("has_vector")).astype(np.int32)
    vectors = items.array("vector")[rows].astype(np.float32)
    with single_thread():
        built = build_index(
            vectors,
            rows,
            folder,
            queries=sample_queries(workplace, facts.seed),
            seed=facts.seed,
            force=force,
        )
    return {"kind": built.kind, "recall": built.recall_at_100, "vectors": len(rows)}


def sample_queries(workplace: Workplace, seed: int) -> npt.NDArray[np.float32]:
    """Vectors of a sample of viewers, the same for every shard: `float32[at most 256, dim]`."""
    vectors = MappedTable(workplace.vectors / "viewers.arrow").array("vector")
    count = min(MAX_TRUTH_QUERIES, len(vectors))
    chosen = np.random.default_rng(seed).choice(len(vectors), count, replace=False)
    return np.ascontiguousarray(vectors[np.sort(chosen)], np.float32)
