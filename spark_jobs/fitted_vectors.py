"""Writes what a vector fit found, viewers folded in alike whichever library fitted the items."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from features.fold_in import fold_in_many
from generation.arrow_file import write_table
from spark_jobs.gram import gram
from spark_jobs.vector_fit import AlsSettings

Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


def write_fitted_vectors(
    out: Path,
    viewer_id: Longs,
    viewer: Longs,
    item_id: Longs,
    item: Longs,
    weight: Floats,
    item_vectors: Floats,
    settings: AlsSettings,
) -> None:
    """Write `items.arrow` and `viewers.arrow`.

    Libraries end on the item step, so their viewer vectors answer to item vectors of one step
    before, and MLlib scales its regularisation; the fold-in settles both.

    Args:
        viewer_id, item_id: Sorted ids.
        viewer, item: `int64[k]`, positions in the former, of `k` positives with `weight`.
        item_vectors: `float32[items, dim]`.
    """
    order = np.lexsort((item, viewer))
    first = np.searchsorted(viewer[order], np.arange(len(viewer_id) + 1))
    viewer_vectors = fold_in_many(
        item_vectors[item[order]],
        first,
        gram(item_vectors),
        weight[order],
        settings.alpha,
        settings.regularization,
    )
    write_table(out / "items.arrow", {"item_id": item_id, "vector": item_vectors})
    write_table(out / "viewers.arrow", {"viewer_id": viewer_id, "vector": viewer_vectors})
