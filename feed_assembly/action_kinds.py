"""What each kind of action is about and what it does to the session record, in one table."""

from dataclasses import dataclass
from typing import Literal

from feed_assembly.session.session import RevocationKind

Target = Literal["item", "author", "group"]


@dataclass(frozen=True, slots=True)
class ActionKind:
    """One kind of action.

    Attributes:
        target: What it names.
        is_positive: Whether feeds stored before it are out of date.
        revocation: What it revokes or, where `lifts`, what revocation it takes back.
    """

    target: Target
    is_positive: bool = False
    revocation: RevocationKind | None = None
    lifts: bool = False


ACTION_KINDS: dict[str, ActionKind] = {
    "impression": ActionKind("item"),
    "click": ActionKind("item", is_positive=True),
    "like": ActionKind("item", is_positive=True),
    "unlike": ActionKind("item"),
    "long_view": ActionKind("item", is_positive=True),
    "share": ActionKind("item", is_positive=True),
    "comment": ActionKind("item", is_positive=True),
    "hide": ActionKind("item", revocation="hidden_items"),
    "report": ActionKind("item", revocation="hidden_items"),
    "follow": ActionKind("author", is_positive=True, revocation="unfollowed_authors", lifts=True),
    "unfollow": ActionKind("author", revocation="unfollowed_authors"),
    "block": ActionKind("author", revocation="blocked_authors"),
    "unblock": ActionKind("author", revocation="blocked_authors", lifts=True),
    "mute": ActionKind("author", revocation="muted_authors"),
    "unmute": ActionKind("author", revocation="muted_authors", lifts=True),
    "join": ActionKind("group", is_positive=True, revocation="left_groups", lifts=True),
    "leave": ActionKind("group", revocation="left_groups"),
}
"""By name, as in `protos/events.proto` in lower case."""
