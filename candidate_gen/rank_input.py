"""What the ranker is told, exactly as `features/inputs.py` has it for training."""

import numpy as np

from candidate_gen.batch import CandidateBatch, Query
from features.inputs import ContextInputs, ViewerInputs
from serving.contracts.rank import RankRequest
from serving.contracts.rank_columns import RANK_COLUMNS
from serving.contracts.receipt import Receipt


def viewer_inputs(query: Query) -> ViewerInputs:
    """One row. The vector is the one training rows have, not the blend that finds candidates."""
    viewer, eligibility = query.viewer, query.eligibility
    return ViewerInputs(
        totals=viewer.totals[None, :],
        clicks_5m=_float(viewer.clicks_5m),
        views_5m=_float(viewer.views_5m),
        categories_5m=_float(viewer.categories_5m),
        items_seen=_float(viewer.items_seen),
        recent_seen=_float(viewer.recent_seen),
        recent_positives=_float(viewer.recent_positives),
        follow_count=_float(query.neighbourhood.follow_count),
        created_ms=_int(viewer.profile.created_ms),
        last_action_ms=_int(viewer.last_action_ms),
        region=_int(eligibility.region),
        language=_int(eligibility.language),
        vector=viewer.folded_vector[None, :],
    )


def context_inputs(query: Query) -> ContextInputs:
    """One row."""
    request = query.request
    return ContextInputs(
        now_ms=_int(request.now_ms),
        utc_offset_minutes=_int(request.utc_offset_minutes),
        surface=_int(query.surface),
        device=_int(query.device),
    )


def rank_request(
    query: Query,
    batch: CandidateBatch,
    generation: str,
    receipt: Receipt,
    *,
    without_main_ranker: bool = False,
) -> RankRequest:
    request = query.request
    return RankRequest(
        request_id=request.request_id,
        generation=generation,
        viewer_id=request.viewer_id,
        reply_partition=request.reply_partition,
        revocation_version=request.revocation_version,
        now_ms=request.now_ms,
        viewer=viewer_inputs(query),
        context=context_inputs(query),
        candidates={column.name: batch[column.name] for column in RANK_COLUMNS},
        receipt=receipt,
        without_main_ranker=without_main_ranker,
    )


def _float(value: float) -> np.ndarray:
    return np.array([value], np.float32)


def _int(value: int) -> np.ndarray:
    return np.array([value], np.int64)
