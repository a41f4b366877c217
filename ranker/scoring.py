"""The rungs of scoring: main ranker, else pre-ranker order, else retrieval order."""

import numpy as np
import numpy.typing as npt
import structlog

from ranker.onnx_model import OnnxModel

Floats = npt.NDArray[np.float32]
log = structlog.get_logger()


def model_scores(model: OnnxModel, matrix: Floats, weights: Floats) -> Floats | None:
    """Weighted sum of a model's heads, or `None` when its answer cannot be used.

    NaN, infinity, and one same score for everything are not errors to ONNX Runtime; sorting by
    them would give an arbitrary feed.

    Returns:
        `float32[n]`, higher is better.
    """
    if not len(matrix):
        return np.empty(0, np.float32)
    try:
        scores: Floats = model.predict(matrix) @ weights
    except Exception:  # ONNX Runtime raises its own unrelated types; the next rung is the plan
        log.exception("model failed", version=model.version)
        return None
    if not np.isfinite(scores).all():
        log.error("model gave scores that are not finite", version=model.version)
        return None
    if len(scores) > 1 and scores.min() == scores.max():
        log.error("model gave one score for everything", version=model.version)
        return None
    return scores


def retrieval_scores(source_bits: npt.NDArray[np.uint32], source_score: Floats) -> Floats:
    """Order of last resort, in (0, 1]: rank within the source, the sources interleaved.

    Scores of different sources cannot be compared, ranks can.
    """
    taken = source_bits & (~source_bits + np.uint32(1))  # the lowest bit: the first source
    scores = np.zeros(len(source_score), np.float32)
    for source in np.unique(taken):
        mine = np.flatnonzero(taken == source)
        order = mine[np.argsort(-source_score[mine], kind="stable")]
        scores[order] = 1 / np.arange(1, len(order) + 1, dtype=np.float32)
    return scores
