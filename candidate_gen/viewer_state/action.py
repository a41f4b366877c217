"""One action of a viewer, as the viewer's state needs it."""

from dataclasses import dataclass

from generation.item_columns import NO_ID

IMPRESSION, CLICK, UNLIKE = "impression", "click", "unlike"
POSITIVE_KINDS = frozenset({"click", "like", "long_view", "share", "comment"})
NEGATIVE_KINDS = frozenset({"hide", "report"})


@dataclass(frozen=True, slots=True)
class ViewerAction:
    """What a viewer did to an item, or to somebody.

    Attributes:
        kind: Name of the action, lower case; see `ActionKind` in `protos/events.proto`.
        item_id: -1 for actions on authors and groups.
        occurred_ms: Unix ms.
        value: Dwell of an impression in ms, 0 where the client reports none; in [0, a day].
        author_id: Whose item it is, where that counts as interest in the author; -1 for own items
            and items without author.
        category_codes: Vocabulary codes of the item's categories, the main one first; 0 is a
            category that the generation does not know.
    """

    viewer_id: int
    action_id: str
    kind: str
    item_id: int
    occurred_ms: int
    value: float = 0.0
    author_id: int = NO_ID
    category_codes: tuple[int, ...] = ()
