"""Which calls are alike: of one kind, they take about as long and are limited together."""

from serving.access.roles import INSIDE, METHOD_ROLES
from serving.gate import Call

FEED = "/feedrank.v1.FeedService/GetFeed"
NEXT_PAGE = f"{FEED} next page"
"""A slice of a stored feed takes a tenth of a new one, and there is a viewer in mid-scroll."""

BATCH = frozenset({"/feedrank.v1.FeedService/PublishItems"})
"""Nobody looks at a screen for these: they are the first to be refused when others have to wait."""

INNER = frozenset(m for m, roles in METHOD_ROLES.items() if roles == INSIDE) - BATCH
"""Part of a call that the edge has let in: to refuse it for a short wait would waste the rest."""


def kind_of(call: Call) -> str:
    """The method, or a finer name where the request shows what it will take."""
    if call.method == FEED and call.request.page_token:
        return NEXT_PAGE
    return call.method
