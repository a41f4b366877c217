"""What the ranker is told, exactly as `features/inputs.py` has it for training."""

import numpy as np
import numpy.typing as npt

from candidate_gen.batch import CandidateBatch, Query
from features.inputs import ContextInputs, ViewerInputs
from serving.contracts.rank import RankRequest
from serving.contracts.rank_columns import RANK_COLUMNS
from serving.contracts.receipt import Receipt


def viewer_inputs(query: Query) -> ViewerInputs:
    """One row. The vector is the one training rows have, not the blend that finds candidates."""
    viewer, eligibility = query.viewer, query.eligibility
    clicks, views, categories, seen, recent_seen, recent_positives, follows = _floats(
        viewer.clicks_5m,
        viewer.views_5m,
        viewer.categories_5m,
        viewer.items_seen,
        viewer.recent_seen,
        viewer.recent_positives,
        query.neighbourhood.follow_count,
    )
    created_ms, last_action_ms, region, language = _ints(
        viewer.profile.created_ms, viewer.last_action_ms, eligibility.region, eligibility.language
    )
    return ViewerInputs(
        totals=viewer.totals[None, :],
        clicks_5m=clicks,
        views_5m=views,
        categories_5m=categories,
        items_seen=seen,
        recent_seen=recent_seen,
        recent_positives=recent_positives,
        follow_count=follows,
        created_ms=created_ms,
        last_action_ms=last_action_ms,
        region=region,
        language=language,
        vector=viewer.folded_vector[None, :],
    )


def context_inputs(query: Query) -> ContextInputs:
    """One row."""
    request = query.request
    now_ms, utc_offset_minutes, surface, device = _ints(
        request.now_ms, request.utc_offset_minutes, query.surface, query.device
    )
    return ContextInputs(now_ms, utc_offset_minutes, surface, device)


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


def _floats(*values: float) -> npt.NDArray[np.float32]:
    """`float32[n, 1]`: a row each, made at once."""
    return np.array(values, np.float32)[:, None]


def _ints(*values: int) -> npt.NDArray[np.int64]:
    """`int64[n, 1]`: a row each, made at once."""
    return np.array(values, np.int64)[:, None]
