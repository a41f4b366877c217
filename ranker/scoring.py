"""The rungs of scoring: main ranker, else pre-ranker order, else retrieval order."""

import numpy as np
import numpy.typing as npt

from generation.compiled import FLOAT32S, FLOAT64, compiled, same
from ranker.onnx_model import OnnxModel
from serving.errors import FeedError

Floats = npt.NDArray[np.float32]


class UnusableScoresError(FeedError):
    """A model answered, but nothing can be sorted by what it said."""


def model_scores(model: OnnxModel, matrix: Floats, weights: Floats) -> Floats:
    """Weighted sum of a model's heads.

    NaN, infinity, and one same score for everything are not errors to ONNX Runtime; sorting by
    them would give an arbitrary feed.

    Returns:
        `float32[n]`, finite, higher is better.

    Raises:
        UnusableScoresError: the scores are not finite, or all the same.
        Exception: whatever ONNX Runtime raises; its types have nothing in common.
    """
    if not len(matrix):
        return np.empty(0, np.float32)
    scores: Floats = model.predict(matrix) @ weights
    lowest, highest = span_of(scores)
    if not np.isfinite(highest - lowest):
        raise UnusableScoresError(f"model {model.version} gave scores that are not finite")
    if len(scores) > 1 and lowest == highest:
        raise UnusableScoresError(f"model {model.version} gave one score for everything")
    return scores


@compiled(same(FLOAT64, 2), FLOAT32S)
def span_of(scores: Floats) -> tuple[float, float]:
    """The lowest and the highest of one score or more; NaN where any is NaN."""
    lowest, highest = np.float64(scores[0]), np.float64(scores[0])
    for score in scores:
        if np.isnan(score):
            return np.nan, np.nan
        lowest, highest = min(lowest, score), max(highest, score)
    return lowest, highest


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
