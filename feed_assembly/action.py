"""One action of a viewer: as a client sent it, and as it is logged."""

from dataclasses import dataclass

from feed_assembly.action_kinds import ACTION_KINDS, ActionKind, Target
from feed_assembly.field_checks import (
    MAX_NAME_BYTES,
    check_amount,
    check_id,
    check_key,
    check_length,
    check_time_ms,
)
from generation.viewer_columns import MAX_VALUE_MS
from serving.errors import InvalidRequestError

UNKNOWN_POSITION = -1
MAX_POSITION = 100_000


@dataclass(frozen=True, slots=True)
class SentAction:
    """What a client sent, unchecked.

    Attributes:
        viewer_id: `None` when absent.
        kind: Name in lower case; a number that has no name stands for itself.
        target: What `target_id` names; `None` when absent.
        value: ms dwelt or watched.
    """

    action_id: str
    viewer_id: int | None
    kind: str
    target: Target | None
    target_id: int
    occurred_ms: int = 0
    value: float = 0.0
    surface: str = ""
    feed_id: str = ""
    position: int = 0
    device: str = ""


@dataclass(frozen=True, slots=True)
class LoggedAction:
    """A checked action, with what we know of its item.

    Attributes:
        occurred_ms: Unix milliseconds, never 0.
        position: Place in the feed; `UNKNOWN_POSITION` for actions outside of a feed.
        item_author_id: -1 without author, or for an item unknown here.
        item_categories: Names.
    """

    action_id: str
    viewer_id: int
    kind: str
    target: Target
    target_id: int
    occurred_ms: int
    value: float
    surface: str
    feed_id: str
    position: int
    device: str
    item_author_id: int = -1
    item_categories: tuple[str, ...] = ()

    @property
    def effect(self) -> ActionKind:
        return ACTION_KINDS[self.kind]


def checked_action(sent: SentAction, field: str, now_ms: int) -> LoggedAction:
    """The action, if it keeps the contract of `protos/feed.proto`.

    Args:
        field: Where it is in the request, for example `actions[3]`.

    Raises:
        InvalidRequestError: names field, value and limit.
    """
    check_key(f"{field}.action_id", sent.action_id)
    viewer_id = check_id(f"{field}.viewer_id", sent.viewer_id)
    target = _checked_target(sent, field)
    check_amount(f"{field}.value", sent.value, MAX_VALUE_MS)
    check_length(f"{field}.surface", sent.surface, MAX_NAME_BYTES)
    check_length(f"{field}.feed_id", sent.feed_id, MAX_NAME_BYTES)
    check_length(f"{field}.device", sent.device, MAX_NAME_BYTES)
    if not UNKNOWN_POSITION <= sent.position <= MAX_POSITION:
        problem = f"{sent.position} is outside [{UNKNOWN_POSITION}, {MAX_POSITION}]"
        raise InvalidRequestError(f"{field}.position", problem)
    return LoggedAction(
        action_id=sent.action_id,
        viewer_id=viewer_id,
        kind=sent.kind,
        target=target,
        target_id=sent.target_id,
        occurred_ms=check_time_ms(f"{field}.occurred_ms", sent.occurred_ms, now_ms),
        value=sent.value,
        surface=sent.surface,
        feed_id=sent.feed_id,
        # Proto3 cannot tell an absent 0 from the first place: outside of a feed there are none.
        position=sent.position if sent.feed_id else UNKNOWN_POSITION,
        device=sent.device,
    )


def _checked_target(sent: SentAction, field: str) -> Target:
    kind = ACTION_KINDS.get(sent.kind)
    if kind is None:
        problem = f"{sent.kind} is no known action, need one of {', '.join(ACTION_KINDS)}"
        raise InvalidRequestError(f"{field}.kind", problem)
    if sent.target != kind.target:
        given = f"{sent.target}_id" if sent.target else "none"
        problem = f"{sent.kind} needs {kind.target}_id, {given} given"
        raise InvalidRequestError(f"{field}.{kind.target}_id", problem)
    check_id(f"{field}.{kind.target}_id", sent.target_id)
    return kind.target
