"""The pre-ranker: one logistic regression over all features, for how likely any positive is."""

import warnings

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from spark_jobs.single_thread import single_thread
from spark_jobs.training.network import Network, Scaling

Floats = npt.NDArray[np.float32]

HEAD = "positive"
MAX_ITERATIONS = 300
PENALTY = 1.0
"""Inverse strength of the L2 penalty: scikit-learn's default."""


def train_pre_ranker(matrix: Floats, positive: npt.NDArray[np.bool_]) -> Network:
    """Fit on raw features `float32[n, F]` and the label `bool[n]`.

    With one kind of label only there is nothing to learn but its frequency.
    """
    scaling = Scaling.of(matrix)
    if positive.all() or not positive.any():
        return _constant(scaling, positive)
    model = LogisticRegression(C=PENALTY, max_iter=MAX_ITERATIONS, tol=1e-3)
    with single_thread(), warnings.catch_warnings():
        # Not fully converged is good enough for a ranking, and is not worth a warning per build.
        warnings.simplefilter("ignore")
        model.fit(scaling.apply(matrix).astype(np.float64), positive)
    weights = model.coef_.T.astype(np.float32)
    return Network((HEAD,), scaling, ((weights, model.intercept_.astype(np.float32)),))


def _constant(scaling: Scaling, positive: npt.NDArray[np.bool_]) -> Network:
    rate = (positive.sum() + 1) / (len(positive) + 2)
    weights = np.zeros((len(scaling.mean), 1), np.float32)
    return Network((HEAD,), scaling, ((weights, np.array([np.log(rate / (1 - rate))], "f4")),))
