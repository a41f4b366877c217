"""Small builders of requests that name only what a test is about."""

from collections.abc import Sequence

import numpy as np

from generation.item_columns import EMBEDDING_DIM
from serving.contracts.shard import Eligibility, PartKind, SearchPart
from tests.generation.tiny_generation import NOON_MS, VIEWER


def ids(*values: int) -> np.ndarray:
    return np.array(sorted(values), np.int64)


def everything_eligible(**changes: object) -> Eligibility:
    """A viewer without region, language, friends or exclusions."""
    fields: dict[str, object] = {
        "viewer_id": VIEWER,
        "now_ms": NOON_MS,
        "oldest_ms": 0,
        "region": 0,
        "language": 0,
        "allow_sensitive": False,
        "followed_ids": ids(),
        "friend_ids": ids(),
        "group_ids": ids(),
        "excluded_item_ids": ids(),
        "excluded_author_ids": ids(),
    }
    return Eligibility(**(fields | changes))  # type: ignore[arg-type]


def a_vector_part(*axes: int, limit: int = 10) -> SearchPart:
    """Queries along some axes."""
    return SearchPart(PartKind.VECTORS, limit, np.eye(EMBEDDING_DIM, dtype=np.float32)[list(axes)])


def an_id_part(
    kind: PartKind,
    wanted: Sequence[int],
    *,
    weights: Sequence[float] | None = None,
    limit: int = 10,
) -> SearchPart:
    given = np.zeros(len(wanted)) if weights is None else np.array(weights)
    return SearchPart(kind, limit, ids=np.array(wanted, np.int64), weights=given.astype(np.float32))
