"""Implicit ALS without Spark, by the library `implicit`.

Its matrix holds the confidence of a positive itself, so `1 + alpha * weight` goes in; its
regularisation is added as it is (MLlib multiplies it by the number of positives). One thread and an
exact solver make equal input give equal bytes.
"""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import scipy.sparse
from implicit.cpu.als import AlternatingLeastSquares

from spark_jobs.fitted_vectors import write_fitted_vectors
from spark_jobs.single_thread import single_thread
from spark_jobs.vector_fit import AlsSettings


class ImplicitAls:
    """A `VectorFit` in this process."""

    def fit(self, positives: Path, out: Path, settings: AlsSettings) -> None:
        """See `VectorFit.fit`."""
        table = pq.read_table(positives, columns=["viewer_id", "item_id", "weight"])
        viewer_id, viewer = np.unique(table["viewer_id"].to_numpy(), return_inverse=True)
        item_id, item = np.unique(table["item_id"].to_numpy(), return_inverse=True)
        weight = table["weight"].to_numpy()
        with single_thread():
            vectors = np.zeros((len(item_id), settings.dim), np.float32)
            if len(weight):
                vectors = _item_vectors(viewer, item, weight, settings)
            write_fitted_vectors(out, viewer_id, viewer, item_id, item, weight, vectors, settings)


def _item_vectors(
    viewer: np.ndarray, item: np.ndarray, weight: np.ndarray, settings: AlsSettings
) -> np.ndarray:
    confidence = 1 + settings.alpha * weight
    shape = (int(viewer.max()) + 1, int(item.max()) + 1)
    matrix = scipy.sparse.csr_matrix((confidence.astype(np.float32), (viewer, item)), shape)
    matrix.sort_indices()
    model = AlternatingLeastSquares(
        factors=settings.dim,
        regularization=settings.regularization,
        iterations=settings.iterations,
        use_cg=False,
        num_threads=1,
        random_state=settings.seed,
    )
    model.fit(matrix, show_progress=False)
    return np.asarray(model.item_factors, np.float32)
