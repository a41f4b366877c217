"""The vectors that candidate generation folds viewers in with: items, Gram matrix, mean viewers."""

import numpy as np
import numpy.typing as npt

from generation import layout
from generation.arrow_file import MappedTable, find_rows, write_table
from spark_jobs.build_context import Facts, Workplace
from spark_jobs.engine import Receipt
from spark_jobs.gram import gram
from spark_jobs.single_thread import single_thread


def served_vectors(workplace: Workplace, facts: Facts, _task: int) -> Receipt:
    """Write `vectors/`. One task: it holds the ids and fp16 vectors of all items that have one.

    The Gram matrix is over every item of the fit, those without enough positives to be served
    included: it is what the fit itself solved with.
    """
    output = workplace.output
    item_rows = _write_items(workplace, facts)
    vectors = MappedTable(workplace.vectors / "items.arrow").array("vector")
    with single_thread():
        write_table(output / layout.VECTORS_GRAM, {"row": gram(vectors)})
    means = _means(workplace)
    return {
        "rows": {
            layout.VECTORS_ITEMS: item_rows,
            layout.VECTORS_GRAM: vectors.shape[1],
            layout.VECTORS_MEANS: write_table(output / layout.VECTORS_MEANS, means),
        }
    }


def _write_items(workplace: Workplace, facts: Facts) -> int:
    ids, vectors = [], []
    for shard in range(facts.shards):
        folder = workplace.output / layout.SHARD.format(shard=shard)
        items = MappedTable(folder / layout.SHARD_ITEMS)
        rows = np.flatnonzero(items.array("has_vector"))
        ids.append(items.array("item_id")[rows])
        vectors.append(items.array("vector")[rows])
    item_id = np.concatenate(ids)
    order = np.argsort(item_id, kind="stable")
    columns = {"item_id": item_id[order], "vector": np.concatenate(vectors)[order]}
    return write_table(workplace.output / layout.VECTORS_ITEMS, columns)


def _means(workplace: Workplace) -> dict[str, npt.NDArray[np.generic]]:
    """Mean viewer vector by region and language, and over everybody as (0, 0)."""
    viewers = MappedTable(workplace.output / layout.VIEWERS)
    fitted = MappedTable(workplace.vectors / "viewers.arrow")
    vectors = fitted.array("vector")
    at = find_rows(viewers.array("viewer_id"), fitted.array("viewer_id"))
    places = np.zeros((len(vectors), 2), np.int32)
    for axis, name in enumerate(("region", "language")):
        places[at >= 0, axis] = viewers.array(name)[at[at >= 0]]
    groups, group = np.unique(places, axis=0, return_inverse=True)
    sums = np.zeros((len(groups), vectors.shape[1]))
    np.add.at(sums, group.reshape(-1), vectors)
    counts = np.bincount(group.reshape(-1), minlength=len(groups))
    named = groups.any(axis=1)
    sums = np.concatenate([sums.sum(axis=0, keepdims=True), sums[named]])
    counts = np.concatenate([[len(vectors)], counts[named]])
    groups = np.concatenate([np.zeros((1, 2), np.int32), groups[named]])
    return {
        "region": groups[:, 0],
        "language": groups[:, 1],
        "vector": (sums / np.maximum(counts, 1)[:, None]).astype(np.float32),
        "viewers": counts.astype(np.int32),
    }
