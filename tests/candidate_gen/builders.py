"""Small builders that name only what a test is about."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from candidate_gen.batch import CandidateBatch, Query
from candidate_gen.query_building import UNKNOWN_NEIGHBOURHOOD, QueryRules, build_query
from candidate_gen.viewer_state.viewer import Profile, ViewerState
from generation.item_columns import CANDIDATE_COLUMNS, EMBEDDING_DIM
from generation.viewer_columns import VIEWER_TOTALS
from generation.vocabulary import Vocabulary
from serving.contracts.candidates import GenerateRequest
from serving.contracts.graph import Neighbourhood
from tests.serving.fixed_clock import NOON_MS

VIEWER_ID = 7
VOCABULARY = Vocabulary.of(
    regions=["north", "south"],
    languages=["en", "de"],
    categories=["cats", "cars", "chess"],
    surfaces=["home"],
    devices=["phone"],
)


def ids(*values: int) -> npt.NDArray[np.int64]:
    return np.array(values, np.int64)


def floats(*values: float) -> npt.NDArray[np.float32]:
    return np.array(values, np.float32)


def a_request(**fields: Any) -> GenerateRequest:
    """A request that excludes nothing; id lists may be given as plain lists."""
    values: dict[str, Any] = {
        "request_id": "r1",
        "viewer_id": VIEWER_ID,
        "reply_partition": 3,
        "revocation_version": 1,
        "now_ms": NOON_MS,
        "surface": "home",
        "device": "phone",
        "region": "",
        "language": "",
        "utc_offset_minutes": 60,
        "excluded_item_ids": [],
        "excluded_author_ids": [],
        "unfollowed_author_ids": [],
        "left_group_ids": [],
    } | fields
    for name, value in values.items():
        if isinstance(value, list):
            values[name] = ids(*value)
    return GenerateRequest(**values)


def a_viewer(**fields: Any) -> ViewerState:
    """A viewer without any history; lists may be given as plain lists."""
    nothing: dict[str, Any] = {
        "profile": Profile(),
        "totals": np.zeros(len(VIEWER_TOTALS), np.float32),
        "last_action_ms": 0,
        "clicks_5m": 0,
        "views_5m": 0,
        "categories_5m": 0,
        "items_seen": 0,
        "recent_seen": 0,
        "recent_positives": 0,
        "positive_item_ids": ids(),
        "positive_ms": ids(),
        "seen_item_ids": ids(),
        "category_codes": np.empty(0, np.int32),
        "category_impressions": floats(),
        "category_positives": floats(),
        "author_ids": ids(),
        "author_impressions": floats(),
        "author_positives": floats(),
        "vector": np.zeros(EMBEDDING_DIM, np.float32),
        "folded_vector": np.zeros(EMBEDDING_DIM, np.float32),
        "has_vector": False,
        "cluster_vectors": np.empty((0, EMBEDDING_DIM), np.float32),
    }
    given = {
        name: np.array(value, nothing[name].dtype) if isinstance(value, list) else value
        for name, value in fields.items()
    }
    return ViewerState(**(nothing | given))


def a_vector(axis: int) -> npt.NDArray[np.float32]:
    """The unit vector along `axis`."""
    vector = np.zeros(EMBEDDING_DIM, np.float32)
    vector[axis] = 1
    return vector


def a_neighbourhood(**lists: Sequence[float]) -> Neighbourhood:
    """People around a viewer; affinity and counts are 1 where not given."""
    given: dict[str, Any] = {
        name: ids(*map(int, values)) for name, values in lists.items() if name.endswith("_ids")
    }
    followed = given.get("followed_ids", ids())
    liked = given.get("friends_liked_item_ids", ids())
    given["followed_affinity"] = floats(*lists.get("followed_affinity", [1.0] * len(followed)))
    given["friends_liked_counts"] = floats(*lists.get("friends_liked_counts", [1.0] * len(liked)))
    return replace(UNKNOWN_NEIGHBOURHOOD, follow_count=len(followed), **given)


def a_query(
    viewer: ViewerState | None = None,
    neighbourhood: Neighbourhood | None = None,
    *,
    authors_are_viewers: bool = True,
    max_age_ms: dict[str, int] | None = None,
    **request: Any,
) -> Query:
    """The query that the pipeline would build of these."""
    rules = QueryRules(VOCABULARY, authors_are_viewers, max_age_ms or {})
    return build_query(a_request(**request), viewer or a_viewer(), neighbourhood, rules)


def item_columns(item_ids: Sequence[int], **columns: Any) -> dict[str, npt.NDArray[Any]]:
    """CANDIDATE_COLUMNS; those not named hold their missing value."""
    given = {column.name: column.empty(len(item_ids)) for column in CANDIDATE_COLUMNS}
    given["item_id"] = ids(*item_ids)
    for name, values in columns.items():
        given[name] = np.array(values, given[name].dtype)
    return given


def a_batch(item_ids: Sequence[int], **columns: Any) -> CandidateBatch:
    """A batch of items by nobody that nobody stands in any relation to."""
    flags = np.array(columns.pop("relation_flags", [0] * len(item_ids)), np.uint8)
    return CandidateBatch({**item_columns(item_ids, **columns), "relation_flags": flags})
