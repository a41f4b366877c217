"""Turns a request and what was looked up for it into a query: codes, exclusions, eligibility."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from candidate_gen.batch import Query
from candidate_gen.membership import is_among, sorted_distinct
from candidate_gen.viewer_state.viewer import Profile, ViewerState
from generation.vocabulary import Vocabulary
from serving.contracts.candidates import GenerateRequest
from serving.contracts.graph import Neighbourhood
from serving.contracts.shard import Eligibility

Ids = npt.NDArray[np.int64]
NO_IDS: Ids = np.empty(0, np.int64)
NO_FLOATS = np.empty(0, np.float32)

UNKNOWN_NEIGHBOURHOOD = Neighbourhood(
    followed_ids=NO_IDS,
    followed_affinity=NO_FLOATS,
    friend_ids=NO_IDS,
    group_ids=NO_IDS,
    friends_liked_item_ids=NO_IDS,
    friends_liked_counts=NO_FLOATS,
    follow_count=0,
    bus_lag_messages=0,
)


@dataclass(frozen=True, slots=True)
class QueryRules:
    """What is the same for all queries of one generation.

    Attributes:
        authors_are_viewers: Whether author and viewer ids name the same people.
        max_age_ms: Oldest item per surface name; surfaces without an entry have no limit.
    """

    vocabulary: Vocabulary
    authors_are_viewers: bool
    max_age_ms: Mapping[str, int]


def region_and_language(
    request: GenerateRequest, profile: Profile, vocabulary: Vocabulary
) -> tuple[int, int]:
    """Codes that the request names, else the viewer's own; 0 unknown."""
    region = vocabulary.regions.code(request.region) if request.region else profile.region
    language = vocabulary.languages.code(request.language) if request.language else profile.language
    return region, language


def build_query(
    request: GenerateRequest,
    viewer: ViewerState,
    neighbourhood: Neighbourhood | None,
    rules: QueryRules,
) -> Query:
    """Put together what one request may ask and see.

    Args:
        neighbourhood: `None` when it could not be read: then only public items are eligible.
    """
    around = without_revoked(neighbourhood or UNKNOWN_NEIGHBOURHOOD, request)
    region, language = region_and_language(request, viewer.profile, rules.vocabulary)
    max_age_ms = rules.max_age_ms.get(request.surface)
    eligibility = Eligibility(
        viewer_id=request.viewer_id,
        now_ms=request.now_ms,
        oldest_ms=0 if max_age_ms is None else max(0, request.now_ms - max_age_ms),
        region=region,
        language=language,
        allow_sensitive=viewer.profile.allow_sensitive,
        followed_ids=np.sort(around.followed_ids),
        friend_ids=around.friend_ids,
        group_ids=around.group_ids,
        excluded_item_ids=sorted_distinct(viewer.seen_item_ids, request.excluded_item_ids),
        excluded_author_ids=_excluded_authors(request, rules.authors_are_viewers),
    )
    return Query(
        request=request,
        viewer=viewer,
        neighbourhood=around,
        neighbourhood_known=neighbourhood is not None,
        eligibility=eligibility,
        own_author_id=request.viewer_id if rules.authors_are_viewers else None,
        surface=rules.vocabulary.surfaces.code(request.surface),
        device=rules.vocabulary.devices.code(request.device),
    )


def without_revoked(neighbourhood: Neighbourhood, request: GenerateRequest) -> Neighbourhood:
    """The neighbourhood less what the session knows to be over and the graph may not yet."""
    nothing_over = not (
        len(request.unfollowed_author_ids)
        or len(request.excluded_author_ids)
        or len(request.left_group_ids)
    )
    if nothing_over:
        return neighbourhood
    gone = sorted_distinct(request.unfollowed_author_ids, request.excluded_author_ids)
    followed = ~is_among(neighbourhood.followed_ids, gone)
    friends = ~is_among(neighbourhood.friend_ids, gone)
    groups = ~is_among(neighbourhood.group_ids, np.sort(request.left_group_ids))
    return replace(
        neighbourhood,
        followed_ids=neighbourhood.followed_ids[followed],
        followed_affinity=neighbourhood.followed_affinity[followed],
        friend_ids=neighbourhood.friend_ids[friends],
        group_ids=neighbourhood.group_ids[groups],
    )


def _excluded_authors(request: GenerateRequest, authors_are_viewers: bool) -> Ids:
    own = [request.viewer_id] if authors_are_viewers else []
    return sorted_distinct(request.excluded_author_ids, np.array(own, np.int64))
