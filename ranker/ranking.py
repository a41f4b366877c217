"""The ranking of one request, stage by stage: features, pre-rank, rank, select.

Pure computation over columns: no I/O, no clock but the one that times the stages.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.inputs import CrossInputs, Inputs, ItemInputs, ViewerInputs
from features.matrix import feature_matrix
from generation.viewer_columns import VIEWER_TOTALS
from ranker.cut import PRE_RANKED, best_rows, broad_first, members_kept
from ranker.diversity import NEW_VIEWER, SOCIAL_BITS, DiversitySettings, select_diverse
from ranker.model_use import ModelUse
from ranker.models import Models
from ranker.scoring import retrieval_scores
from ranker.switching import without_rules
from serving.contracts.rank import LIST_SIZE, RESERVE_SIZE, RankRequest
from serving.contracts.rank_columns import CROSS_FIELDS, ITEM_FIELDS
from serving.contracts.shard import Columns
from serving.stage_clock import StageClock

Floats = npt.NDArray[np.float32]

LIST_LENGTH = LIST_SIZE + RESERVE_SIZE
ONE_HEAD = np.ones(1, np.float32)
REACTIONS = slice(VIEWER_TOTALS.index("clicks"), VIEWER_TOTALS.index("negatives") + 1)


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
    request: RankRequest,
    models: Models,
    settings: DiversitySettings,
    clock: StageClock,
    model_use: ModelUse,
) -> Ranking:
    """Rank `request.candidates`; what failed, and whose scores count, is in `request.receipt`."""
    switched, versions = model_use.switched, request.receipt.models
    for reason in switched.reasons("model", "rule") if switched.off else ():
        request.receipt.degrade(reason)
    count = len(request.candidates["item_id"])
    settings = NEW_VIEWER if is_new_viewer(request.viewer) else settings
    if switched.off:
        settings = without_rules(settings, switched.names("rule"))
    # Inputs that are none, as counts below zero, show in the scores, which are looked at.
    with clock.stage("features", count):
        matrix = feature_matrix(_inputs(request))
    with clock.stage("pre_ranker", count) as passed:
        first = model_use.scores("pre_ranker", models.pre_ranker, matrix, ONE_HEAD)
        if first is None:
            first = _retrieval_order(request.candidates)
        else:
            versions["pre_ranker"] = models.pre_ranker.version
        kept = _cut(first, request.candidates, settings)
        passed.append(len(kept))
    with clock.stage("main_ranker", len(kept)):
        kept_matrix = matrix[kept]
        scores = None
        if model_use.main_ranker_fits():
            scores = model_use.scores("main_ranker", models.ranker, kept_matrix, models.worth)
        if scores is None:
            scores = first[kept]
        else:
            versions["ranker"] = models.ranker.version
            versions["value_model"] = models.value_model_version
    with clock.stage("diversity", len(kept)) as passed:
        chosen = select_diverse(scores, kept, request.candidates, LIST_LENGTH, settings)
        passed.append(len(chosen))
    return Ranking(kept[chosen], scores[chosen], kept_matrix[chosen])


def is_new_viewer(viewer: ViewerInputs) -> bool:
    """Whether nothing is known of their taste: they reacted to nothing, and have no vector."""
    return not (viewer.totals[0, REACTIONS].any() or viewer.vector.any())


def _retrieval_order(candidates: Columns) -> Floats:
    return retrieval_scores(candidates["source_bits"], candidates["source_score"])


def _cut(scores: Floats, candidates: Columns, settings: DiversitySettings) -> npt.NDArray[np.intp]:
    order = best_rows(scores, candidates["item_id"])
    if settings.min_categories and len(order) > PRE_RANKED:
        authors, categories = candidates["author_id"], candidates["categories"][:, 0]
        order = broad_first(order, authors, categories, settings.max_per_author)
    if settings.social_every:
        wanted = LIST_LENGTH // settings.social_every
        order = members_kept(order, candidates["source_bits"], SOCIAL_BITS, PRE_RANKED, wanted)
    return order[:PRE_RANKED]


def _inputs(request: RankRequest) -> Inputs:
    columns = request.candidates
    return Inputs(
        viewer=request.viewer,
        context=request.context,
        items=ItemInputs(*[columns[name] for name in ITEM_FIELDS]),
        cross=CrossInputs(*[columns[name] for name in CROSS_FIELDS]),
    )
