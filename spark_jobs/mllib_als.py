"""Implicit ALS by Spark MLlib, for data that one machine does not fit.

MLlib wants 32-bit ids, so ids are indexed, and it multiplies its regularisation by the number of a
viewer's (or item's) positives, where `implicit` and our fold-in add it as it is. `regParam` is
therefore the wanted regularisation divided by the mean number of positives per viewer; the item
vectors come out slightly different, and everything after them is the same: viewers are folded in
with the one regularisation that the manifest names.

No rows reach the driver: one task indexes the ids, MLlib fits on the executors and writes its
factors from there, one task folds the viewers in.
"""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession

from generation.arrow_file import MappedTable, write_table
from spark_jobs.engine import Receipt
from spark_jobs.fitted_vectors import write_fitted_vectors
from spark_jobs.single_thread import single_thread
from spark_jobs.vector_fit import AlsSettings

BLOCKS = 4
"""Fixed, so that the number of executors does not change the order of sums."""

INDEXED, VIEWERS, ITEMS, FACTORS = (
    "indexed.parquet",
    "viewer_ids.arrow",
    "item_ids.arrow",
    "factors",
)


class MllibAls:
    """A `VectorFit` on a Spark session."""

    def __init__(self, session: SparkSession) -> None:
        self._session = session

    def fit(self, positives: Path, out: Path, settings: AlsSettings) -> None:
        """See `VectorFit.fit`; executors must see both folders."""
        work = out / "mllib"
        work.mkdir()
        counts = self._in_one_task(partial(index_ids, positives, work))
        if counts["positives"]:
            self._fit_items(work, counts["positives"] / counts["viewers"], settings)
        self._in_one_task(partial(fold_viewers_in, work, out, settings))
        shutil.rmtree(work)

    def _in_one_task(self, function: Callable[[int], Receipt]) -> Receipt:
        context = self._session.sparkContext
        context.setJobDescription("vectors")
        [receipt] = context.parallelize([0], 1).map(function).collect()
        return dict(receipt)

    def _fit_items(self, work: Path, per_viewer: float, settings: AlsSettings) -> None:
        als = ALS(
            rank=settings.dim,
            maxIter=settings.iterations,
            regParam=settings.regularization / per_viewer,
            alpha=settings.alpha,
            implicitPrefs=True,
            userCol="viewer",
            itemCol="item",
            ratingCol="weight",
            seed=settings.seed,
            numUserBlocks=BLOCKS,
            numItemBlocks=BLOCKS,
        )
        rows = (
            self._session.read.parquet(str(work / INDEXED))
            .repartition(1)
            .sortWithinPartitions("viewer", "item")
        )
        als.fit(rows).itemFactors.write.parquet(str(work / FACTORS))


def index_ids(positives: Path, work: Path, _task: int) -> Receipt:
    """Write the positives with positions instead of ids, by (viewer, item), and the sorted ids."""
    table = pq.read_table(positives, columns=["viewer_id", "item_id", "weight"])
    viewer_id, viewer = np.unique(table["viewer_id"].to_numpy(), return_inverse=True)
    item_id, item = np.unique(table["item_id"].to_numpy(), return_inverse=True)
    order = np.lexsort((item, viewer))
    columns = {
        "viewer": viewer[order].astype(np.int32),
        "item": item[order].astype(np.int32),
        "weight": table["weight"].to_numpy()[order],
    }
    pq.write_table(pa.table(columns), work / INDEXED)
    write_table(work / VIEWERS, {"viewer_id": viewer_id})
    write_table(work / ITEMS, {"item_id": item_id})
    return {"positives": len(order), "viewers": len(viewer_id)}


def fold_viewers_in(work: Path, out: Path, settings: AlsSettings, _task: int) -> Receipt:
    """Write what `VectorFit.fit` promises from what MLlib wrote."""
    viewer_id = MappedTable(work / VIEWERS).array("viewer_id")
    item_id = MappedTable(work / ITEMS).array("item_id")
    positives = pq.read_table(work / INDEXED)
    viewer, item = (positives[name].to_numpy().astype(np.int64) for name in ("viewer", "item"))
    vectors = np.zeros((len(item_id), settings.dim), np.float32)
    if len(item):
        factors = pq.read_table(sorted((work / FACTORS).glob("*.parquet")))
        features = factors["features"].combine_chunks().flatten().to_numpy()
        vectors[factors["id"].to_numpy()] = features.reshape(-1, settings.dim)
    weight = positives["weight"].to_numpy()
    with single_thread():
        write_fitted_vectors(out, viewer_id, viewer, item_id, item, weight, vectors, settings)
    return {"items": len(item_id)}
