"""Implicit ALS by Spark MLlib, for data that one machine does not fit.

MLlib wants 32-bit ids, so ids are indexed, and it multiplies its regularisation by the number of a
viewer's (or item's) positives, where `implicit` and our fold-in add it as it is. `regParam` is
therefore the wanted regularisation divided by the mean number of positives per viewer; the item
vectors come out slightly different, and everything after them is the same: viewers are folded in
with the one regularisation that the manifest names.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession

from spark_jobs.fitted_vectors import write_fitted_vectors
from spark_jobs.single_thread import single_thread
from spark_jobs.vector_fit import AlsSettings

BLOCKS = 4
"""Fixed, so that the number of executors does not change the order of sums."""


class MllibAls:
    """A `VectorFit` on a Spark session."""

    def __init__(self, session: SparkSession) -> None:
        self._session = session

    def fit(self, positives: Path, out: Path, settings: AlsSettings) -> None:
        """See `VectorFit.fit`. Ids are indexed and viewers folded in by one task."""
        table = pq.read_table(positives, columns=["viewer_id", "item_id", "weight"])
        viewer_id, viewer = np.unique(table["viewer_id"].to_numpy(), return_inverse=True)
        item_id, item = np.unique(table["item_id"].to_numpy(), return_inverse=True)
        weight = table["weight"].to_numpy()
        vectors = np.zeros((len(item_id), settings.dim), np.float32)
        if len(weight):
            indexed = out / "indexed.parquet"
            order = np.lexsort((item, viewer))
            columns = {
                "viewer": viewer[order].astype(np.int32),
                "item": item[order].astype(np.int32),
                "weight": weight[order],
            }
            pq.write_table(pa.table(columns), indexed)
            per_viewer = len(weight) / len(viewer_id)
            vectors = self._item_vectors(indexed, len(item_id), per_viewer, settings)
            indexed.unlink()
        with single_thread():
            write_fitted_vectors(out, viewer_id, viewer, item_id, item, weight, vectors, settings)

    def _item_vectors(
        self, indexed: Path, items: int, per_viewer: float, settings: AlsSettings
    ) -> np.ndarray:
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
            self._session.read.parquet(str(indexed))
            .repartition(1)
            .sortWithinPartitions("viewer", "item")
        )
        model = als.fit(rows)
        # One task receives the item vectors: 256 bytes each at 64 dimensions.
        factors = model.itemFactors.toArrow()
        features = factors["features"].combine_chunks()
        vectors = np.zeros((items, settings.dim), np.float32)
        vectors[factors["id"].to_numpy()] = (
            features.flatten().to_numpy().reshape(-1, settings.dim).astype(np.float32)
        )
        return vectors
