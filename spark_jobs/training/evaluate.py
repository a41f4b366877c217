"""How good predictions are: AUC with a bootstrap interval, and log loss against the base rate."""

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from spark_jobs.pairs import starts_of_runs

Floats = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]
Figures = dict[str, float | int | list[float] | None]

RESAMPLES = 200
INTERVAL = (2.5, 97.5)
MIN_POSITIVES = 1_000
"""Of an action in the rows judged, for its figures to say something."""

SMALLEST = 1e-6


def judge(
    probabilities: Floats, happened: Mask, base_rate: float, seed: int, *, always: bool = False
) -> Figures:
    """Figures of one head on some rows.

    Args:
        probabilities, happened: `[n]`.
        base_rate: How often the action happens in the training rows: what a model without features
            would say of every row.
        always: Also with fewer than `MIN_POSITIVES` positives.

    Returns:
        `rows`, `positives`, and with enough of them `auc`, `auc_interval` (95 %), `log_loss`,
        `base_log_loss`.
    """
    figures: Figures = {"rows": len(happened), "positives": int(happened.sum())}
    if (happened.sum() < MIN_POSITIVES and not always) or happened.all() or not happened.any():
        return figures
    return figures | {
        "auc": round(float(roc_auc_score(happened, probabilities)), 5),
        "auc_interval": _interval(probabilities, happened, seed),
        "log_loss": round(_log_loss(probabilities, happened), 5),
        "base_log_loss": round(_log_loss(np.full(len(happened), base_rate), happened), 5),
    }


def auc(probabilities: Floats, happened: Mask) -> float | None:
    """Area under the ROC curve; `None` where only one kind of label is there."""
    if happened.all() or not happened.any():
        return None
    return round(float(roc_auc_score(happened, probabilities)), 5)


def _interval(probabilities: Floats, happened: Mask, seed: int) -> list[float]:
    """Percentiles over resamples of the rows; sorted once, as resampling only weighs them anew."""
    random = np.random.default_rng(seed)
    order = np.argsort(probabilities, kind="stable")
    ties = starts_of_runs(probabilities[order])
    happened = happened[order]
    aucs = []
    for _ in range(RESAMPLES):
        rows = random.integers(0, len(happened), len(happened))
        weight = np.bincount(rows, minlength=len(happened))[order]
        positives = np.add.reduceat(weight * happened, ties)
        negatives = np.add.reduceat(weight * ~happened, ties)
        pairs = positives.sum() * negatives.sum()
        if pairs:
            below = np.cumsum(negatives) - negatives / 2
            aucs.append(float(positives @ below) / pairs)
    return [round(float(bound), 5) for bound in np.percentile(aucs, INTERVAL)]


def _log_loss(probabilities: Floats, happened: Mask) -> float:
    clipped = np.clip(probabilities.astype(np.float64), SMALLEST, 1 - SMALLEST)
    return float(-np.mean(np.where(happened, np.log(clipped), np.log(1 - clipped))))
