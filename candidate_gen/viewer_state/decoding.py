"""Messages of the topic `actions` in the words of the viewer's state."""

import math

from candidate_gen.viewer_state.action import ViewerAction
from generation.item_columns import MAX_CATEGORIES, NO_ID
from generation.viewer_columns import MAX_VALUE_MS
from generation.vocabulary import Names
from protos import events_pb2 as pb

SCHEMA_VERSION = 1
ON_ITEMS = range(pb.IMPRESSION, pb.REPORT + 1)
KIND_NAMES = {number: name.lower() for name, number in pb.ActionKind.items() if number}


class ActionDecoder:
    """Decodes messages; built once per generation, whose codes categories get."""

    def __init__(self, categories: Names, *, authors_are_viewers: bool) -> None:
        self._categories = categories
        self._authors_are_viewers = authors_are_viewers

    def __call__(self, value: bytes) -> ViewerAction:
        """Decode one `ActionEvent`.

        Raises:
            ValueError, google.protobuf.message.DecodeError: it cannot be understood.
        """
        event = pb.ActionEvent.FromString(value)
        _check(event)
        own = self._authors_are_viewers and event.item_author_id == event.viewer_id
        return ViewerAction(
            viewer_id=event.viewer_id,
            action_id=event.action_id,
            kind=KIND_NAMES[event.kind],
            item_id=event.item_id if event.kind in ON_ITEMS else NO_ID,
            occurred_ms=event.occurred_ms,
            value=min(max(event.value, 0.0), MAX_VALUE_MS),
            author_id=NO_ID if own else max(event.item_author_id, NO_ID),
            category_codes=tuple(
                self._categories.code(name) for name in event.item_categories[:MAX_CATEGORIES]
            ),
        )


def _check(event: pb.ActionEvent) -> None:
    if event.schema_version != SCHEMA_VERSION:
        raise ValueError(f"schema_version: {event.schema_version}, need {SCHEMA_VERSION}")
    if event.kind not in KIND_NAMES:
        raise ValueError(f"kind: {event.kind} is no action")
    if not event.action_id:
        raise ValueError("action_id: is empty")
    if event.kind in ON_ITEMS and event.WhichOneof("target") != "item_id":
        raise ValueError(f"item_id: absent from {KIND_NAMES[event.kind]}")
    for name in ("viewer_id", "item_id", "occurred_ms"):
        if getattr(event, name) < 0:
            raise ValueError(f"{name}: {getattr(event, name)} is negative")
    if not math.isfinite(event.value):
        raise ValueError(f"value: {event.value} is not finite")
