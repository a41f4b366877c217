"""Why an answer of `GetFeed` is less than it could be, as its receipt and metrics say.

What a list lacks comes with it, from candidate_gen and ranker, in their words.
"""

STATE_UNAVAILABLE = "state_unavailable"
"""The session was not read, or the page not noted: it may be served again."""

SESSION_LOST = "session_lost"
"""The session lacks what the viewer's token has seen."""

BLOCKS_UNKNOWN = "blocks_unknown"
"""Blocks since the generation may be missing, as the session was lost or cannot be read; where
candidate_gen says so, social_graph could not be asked. What is known here is left out anyway."""

NOTHING_RANKED = "nothing_ranked"
"""Nothing is left that the viewer was not shown of late and may be shown."""

COVERAGE_BELOW_HALF = "coverage_below_half"
"""A new list of fewer than half of the shards is not made, or not shown."""

RANKING_REFUSED = "ranking_refused"
"""There was no room for it."""

RANKING_LATE = "ranking_late"
RANKING_FAILED = "ranking_failed"

NOTHING_LEFT = "nothing_left"
"""The floor has nothing more either."""
