"""Conversion of actions between messages and values."""

from feed_assembly.action import LoggedAction, SentAction
from feed_assembly.action_kinds import Target
from feed_assembly.batch_result import BatchResult
from protos import events_pb2, feed_pb2

SCHEMA_VERSION = 1

_KIND_NAMES = {number: name.lower() for name, number in events_pb2.ActionKind.items()}
_KIND_NUMBERS = {name: number for number, name in _KIND_NAMES.items()}
_TARGETS: dict[str | None, Target | None] = {
    "item_id": "item",
    "author_id": "author",
    "group_id": "group",
    None: None,
}


def sent_actions(request: feed_pb2.LogActionsRequest) -> list[SentAction]:
    """The actions of a request, unchecked."""
    return [_sent_action(action) for action in request.actions]


def actions_response(result: BatchResult) -> feed_pb2.LogActionsResponse:
    return feed_pb2.LogActionsResponse(
        accepted_count=result.accepted_count, errors=item_errors(result)
    )


def item_errors(result: BatchResult) -> list[feed_pb2.ItemError]:
    return [
        feed_pb2.ItemError(index=error.index, status=error.status, message=error.message)
        for error in result.errors
    ]


def pack_action(action: LoggedAction) -> bytes:
    """The message of topic `actions`."""
    event = events_pb2.ActionEvent(
        schema_version=SCHEMA_VERSION,
        action_id=action.action_id,
        viewer_id=action.viewer_id,
        kind=_KIND_NUMBERS[action.kind],
        occurred_ms=action.occurred_ms,
        value=action.value,
        surface=action.surface,
        feed_id=action.feed_id,
        position=action.position,
        device=action.device,
        item_author_id=action.item_author_id,
        item_categories=action.item_categories,
    )
    setattr(event, f"{action.target}_id", action.target_id)
    return event.SerializeToString()


def _sent_action(action: feed_pb2.Action) -> SentAction:
    target = action.WhichOneof("target")
    return SentAction(
        action_id=action.action_id,
        viewer_id=action.viewer_id if action.HasField("viewer_id") else None,
        kind=_KIND_NAMES.get(action.kind, str(action.kind)),
        target=_TARGETS[target],
        target_id=getattr(action, target) if target else 0,
        occurred_ms=action.occurred_ms,
        value=action.value,
        surface=action.surface,
        feed_id=action.feed_id,
        position=action.position,
        device=action.device,
    )
