"""One action of a viewer, as the graph needs it."""

from dataclasses import dataclass

POSITIVE_KINDS = frozenset({"click", "like", "long_view", "share", "comment"})
NEGATIVE_KINDS = frozenset({"hide", "report"})
"""After these the viewer never recommends the item to friends again."""
ON_AUTHORS = frozenset({"follow", "unfollow", "block", "unblock", "mute", "unmute"})
ON_GROUPS = frozenset({"join", "leave"})
ON_ITEMS = POSITIVE_KINDS | NEGATIVE_KINDS | {"unlike"}


@dataclass(frozen=True, slots=True)
class GraphAction:
    """What a viewer did to an item, an author or a group.

    Attributes:
        kind: Name of the action, lower case; one of those above.
        target_id: Item, author or group, as `kind` says.
        occurred_ms: Unix ms.
    """

    viewer_id: int
    action_id: str
    kind: str
    target_id: int
    occurred_ms: int
