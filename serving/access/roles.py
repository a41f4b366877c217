"""What a caller may do: three roles, and for every method those that open it."""

from enum import StrEnum


class Role(StrEnum):
    """What kind of caller this is.

    Attributes:
        VIEWER_FACING: What asks for feeds and logs actions on behalf of viewers.
        INTERNAL: Services of the ring to one another, and what publishes items.
        OPERATOR: People and tools that look after the system; may also force what no viewer can.
    """

    VIEWER_FACING = "viewer_facing"
    INTERNAL = "internal"
    OPERATOR = "operator"


VIEWERS = frozenset({Role.VIEWER_FACING, Role.OPERATOR})
INSIDE = frozenset({Role.INTERNAL, Role.OPERATOR})

METHOD_ROLES = {
    "/feedrank.v1.FeedService/GetFeed": VIEWERS,
    "/feedrank.v1.FeedService/LogActions": VIEWERS,
    "/feedrank.v1.FeedService/PublishItems": INSIDE,
    "/feedrank.v1.CandidateService/Generate": INSIDE,
    "/feedrank.v1.AnnShardService/Search": INSIDE,
    "/feedrank.v1.AnnShardService/Lookup": INSIDE,
    "/feedrank.v1.SocialGraphService/Neighbourhood": INSIDE,
    "/feedrank.v1.SocialGraphService/Relations": INSIDE,
    "/feedrank.v1.RankerService/Rank": INSIDE,
    "/feedrank.v1.LineService/Open": INSIDE,
}
"""One of these roles is needed. A method that is not listed is open to nobody with an identity."""
