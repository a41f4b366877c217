"""Messages of the topic `actions` in the words of the graph."""

from protos import events_pb2 as pb
from social_graph.graph_action import ON_AUTHORS, ON_GROUPS, ON_ITEMS, GraphAction

SCHEMA_VERSION = 1
KIND_NAMES = {number: name.lower() for name, number in pb.ActionKind.items() if number}
TARGETS = {
    **dict.fromkeys(ON_ITEMS, "item_id"),
    **dict.fromkeys(ON_AUTHORS, "author_id"),
    **dict.fromkeys(ON_GROUPS, "group_id"),
}


def decode_action(value: bytes) -> GraphAction | None:
    """Decode an `ActionEvent`; `None` when it changes nothing in the graph, like an impression.

    Raises:
        ValueError, google.protobuf.message.DecodeError: it cannot be understood.
    """
    event = pb.ActionEvent.FromString(value)
    if event.schema_version != SCHEMA_VERSION:
        raise ValueError(f"schema_version: {event.schema_version}, need {SCHEMA_VERSION}")
    kind = KIND_NAMES.get(event.kind)
    if kind is None:
        raise ValueError(f"kind: {event.kind} is no action")
    if kind not in TARGETS:
        return None
    target = TARGETS[kind]
    if event.WhichOneof("target") != target:
        raise ValueError(f"{target}: absent from {kind}")
    if not event.action_id:
        raise ValueError("action_id: is empty")
    for name in ("viewer_id", target, "occurred_ms"):
        if getattr(event, name) < 0:
            raise ValueError(f"{name}: {getattr(event, name)} is negative")
    return GraphAction(
        event.viewer_id, event.action_id, kind, getattr(event, target), event.occurred_ms
    )
