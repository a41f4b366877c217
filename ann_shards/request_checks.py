"""Refuses requests that break a limit of `serving.contracts.shard`, before any work."""

import numpy as np

from serving.contracts.shard import (
    KINDS_WITH_IDS,
    MAX_ELIGIBILITY_IDS,
    MAX_LIMIT,
    MAX_LOOKUP,
    MAX_PART_IDS,
    MAX_PARTS,
    MAX_QUERY_VECTORS,
    Eligibility,
    Ids,
    PartKind,
    SearchPart,
    SearchRequest,
)
from serving.errors import InvalidRequestError

ID_LISTS = (
    "followed_ids",
    "friend_ids",
    "group_ids",
    "excluded_item_ids",
    "excluded_author_ids",
)
MAX_COMPONENT = 65_504.0
"""The largest number of 16 bits, as those of items: no product of two vectors overflows."""


def check_search(request: SearchRequest, dim: int) -> None:
    """Check all parts.

    Raises:
        InvalidRequestError: names the field, its value and the limit.
    """
    if len(request.parts) > MAX_PARTS:
        raise InvalidRequestError("parts", f"{len(request.parts)} parts, limit {MAX_PARTS}")
    _check_eligibility(request.eligibility)
    if not 0 < request.probe_share <= 1:
        raise InvalidRequestError("probe_share", f"{request.probe_share} is outside (0, 1]")
    for number, part in enumerate(request.parts):
        field = f"parts[{number}]"
        if not 1 <= part.limit <= MAX_LIMIT:
            raise InvalidRequestError(f"{field}.limit", f"{part.limit} is outside [1, {MAX_LIMIT}]")
        if part.kind == PartKind.VECTORS:
            _check_vectors(part, dim, f"{field}.vectors")
        elif part.kind in KINDS_WITH_IDS:
            _check_ids(part, field)


def check_lookup(item_ids: Ids, now_ms: int) -> None:
    """Raises InvalidRequestError for more ids than one look-up may have, or no time."""
    if len(item_ids) > MAX_LOOKUP:
        raise InvalidRequestError("item_ids", f"{len(item_ids)} ids, limit {MAX_LOOKUP}")
    if now_ms <= 0:
        raise InvalidRequestError("now_ms", f"{now_ms} is not above 0")


def _check_eligibility(eligibility: Eligibility) -> None:
    if eligibility.now_ms <= 0:
        raise InvalidRequestError("eligibility.now_ms", f"{eligibility.now_ms} is not above 0")
    for name in ("viewer_id", "oldest_ms", "region", "language"):
        value = getattr(eligibility, name)
        if value < 0:
            raise InvalidRequestError(f"eligibility.{name}", f"{value} is below 0")
    for name in ID_LISTS:
        count = len(getattr(eligibility, name))
        if count > MAX_ELIGIBILITY_IDS:
            problem = f"{count} ids, limit {MAX_ELIGIBILITY_IDS}"
            raise InvalidRequestError(f"eligibility.{name}", problem)


def _check_vectors(part: SearchPart, dim: int, field: str) -> None:
    vectors = part.vectors
    if vectors is None or len(vectors) == 0:
        raise InvalidRequestError(field, f"missing, need 1 to {MAX_QUERY_VECTORS}")
    if len(vectors) > MAX_QUERY_VECTORS:
        raise InvalidRequestError(field, f"{len(vectors)} vectors, limit {MAX_QUERY_VECTORS}")
    if vectors.ndim != 2 or vectors.shape[1] != dim:
        raise InvalidRequestError(field, f"shape {vectors.shape}, the index has {dim} dimensions")
    if not (np.abs(vectors) <= MAX_COMPONENT).all():
        raise InvalidRequestError(field, f"not finite, or beyond {MAX_COMPONENT:g}")


def _check_ids(part: SearchPart, field: str) -> None:
    ids, weights = part.ids, part.weights
    if ids is not None and len(ids) > MAX_PART_IDS:
        raise InvalidRequestError(f"{field}.ids", f"{len(ids)} ids, limit {MAX_PART_IDS}")
    if ids is None or weights is None or len(ids) != len(weights):
        raise InvalidRequestError(f"{field}.weights", "need as many weights as ids")
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise InvalidRequestError(f"{field}.weights", "need finite weights of 0 or more")
