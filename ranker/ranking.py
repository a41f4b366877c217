"""The ranking of one request, stage by stage: features, pre-rank, rank, select.

Pure computation over columns: no I/O, no clock but the one that times the stages.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.inputs import CrossInputs, Inputs, ItemInputs
from features.matrix import feature_matrix
from ranker.diversity import NEW_VIEWER, DiversitySettings, select_diverse
from ranker.models import Models
from ranker.scoring import best_rows, model_scores, retrieval_scores
from serving.contracts.rank import LIST_SIZE, RESERVE_SIZE, RankRequest
from serving.contracts.rank_columns import CROSS_FIELDS, ITEM_FIELDS
from serving.contracts.shard import Columns
from serving.stage_clock import StageClock

Floats = npt.NDArray[np.float32]

PRE_RANKED = 200


@dataclass(frozen=True, slots=True)
class Ranking:
    """The outcome, best first.

    Attributes:
        rows: `intp[r]`, rows of the request's candidates, r <= 70.
        scores: `float32[r]`, what the last working rung gave them.
        features: `float32[r, FEATURE_COUNT]`.
    """

    rows: npt.NDArray[np.intp]
    scores: Floats
    features: Floats


def rank_candidates(
    request: RankRequest, models: Models, settings: DiversitySettings, clock: StageClock
) -> Ranking:
    """Rank `request.candidates`; what failed on the way is in `request.receipt`."""
    candidates, receipt = request.candidates, request.receipt
    item_ids = candidates["item_id"]
    count = len(item_ids)
    with clock.stage("features", count):
        matrix = feature_matrix(_inputs(request))
    fallback = retrieval_scores(candidates["source_bits"], candidates["source_score"])
    with clock.stage("pre_ranker", count) as passed:
        first = model_scores(models.pre_ranker, matrix, np.ones(1, np.float32)) if count else None
        if first is None:
            first = fallback
            if count:
                receipt.degrade("pre_ranker_failed")
        kept = best_rows(first, item_ids, PRE_RANKED)
        passed.append(len(kept))
    with clock.stage("main_ranker", len(kept)):
        kept_matrix = np.ascontiguousarray(matrix[kept])
        scores = (
            model_scores(models.ranker, kept_matrix, models.worth) if len(kept) else first[kept]
        )
        if scores is None:
            receipt.degrade("main_ranker_failed")
            scores = first[kept]
    with clock.stage("diversity", len(kept)) as passed:
        chosen = _select(request, candidates, kept, scores, settings)
        passed.append(len(chosen))
    return Ranking(kept[chosen], scores[chosen], kept_matrix[chosen])


def is_new_viewer(request: RankRequest) -> bool:
    """Whether nothing is known of the viewer: no action ever and no vector."""
    return not request.viewer.totals[0, :5].any()


def _select(
    request: RankRequest,
    candidates: Columns,
    kept: npt.NDArray[np.intp],
    scores: Floats,
    settings: DiversitySettings,
) -> npt.NDArray[np.intp]:
    return select_diverse(
        scores,
        candidates["item_id"][kept],
        candidates["author_id"][kept],
        candidates["categories"][kept, 0],
        candidates["is_sensitive"][kept] > 0,
        candidates["vector"][kept].astype(np.float32),
        LIST_SIZE + RESERVE_SIZE,
        NEW_VIEWER if is_new_viewer(request) else settings,
    )


def _inputs(request: RankRequest) -> Inputs:
    columns = request.candidates
    return Inputs(
        viewer=request.viewer,
        context=request.context,
        items=ItemInputs(**{name: columns[name] for name in ITEM_FIELDS}),
        cross=CrossInputs(**{name: columns[name] for name in CROSS_FIELDS}),
    )
