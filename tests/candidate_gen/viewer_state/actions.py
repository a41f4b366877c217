"""Small builders that name only what a test is about."""

from candidate_gen.viewer_state.action import ViewerAction
from candidate_gen.viewer_state.apply import apply
from candidate_gen.viewer_state.record import ViewerRecord, empty_record
from protos import events_pb2 as pb

NOON_MS = 1_750_000_000_000
SECOND_MS, MINUTE_MS, DAY_MS = 1_000, 60_000, 86_400_000


def an_action(kind: str = "click", item_id: int = 100, **others) -> ViewerAction:
    """An action of viewer 1 at noon."""
    named = {"viewer_id": 1, "action_id": "a", "occurred_ms": NOON_MS, **others}
    return ViewerAction(kind=kind, item_id=item_id, **named)


def a_record(*actions: ViewerAction) -> ViewerRecord:
    """What these actions, one after another, leave."""
    record = empty_record()
    for action in actions:
        record = apply(record, action)
    return record


def an_event(kind: int = pb.CLICK, item_id: int | None = 100, **others) -> pb.ActionEvent:
    """A message of viewer 1 at noon, as it lies on the bus."""
    named = {"schema_version": 1, "action_id": "a", "viewer_id": 1, "occurred_ms": NOON_MS}
    event = pb.ActionEvent(kind=kind, position=-1, item_author_id=-1)
    for name, value in {**named, **others}.items():
        if name == "item_categories":
            event.item_categories.extend(value)
        else:
            setattr(event, name, value)
    if item_id is not None:
        event.item_id = item_id
    return event
