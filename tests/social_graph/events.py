"""Messages of the topic `actions`, naming only what a test is about."""

from itertools import count

from protos import events_pb2 as pb
from serving.bus.bus import Bus
from serving.bus.topics import ACTIONS
from social_graph.graph_action import ON_AUTHORS, ON_GROUPS
from tests.generation.tiny_generation import NOON_MS

_numbers = count()


def an_action(
    kind: str, viewer_id: int, target_id: int, *, action_id: str = "", occurred_ms: int = NOON_MS
) -> bytes:
    """By default with an action id of its own, at noon."""
    target = "author_id" if kind in ON_AUTHORS else "group_id" if kind in ON_GROUPS else "item_id"
    return pb.ActionEvent(
        schema_version=1,
        action_id=action_id or f"action-{next(_numbers)}",
        viewer_id=viewer_id,
        kind=pb.ActionKind.Value(kind.upper()),
        occurred_ms=occurred_ms,
        item_author_id=-1,
        position=-1,
        **{target: target_id},
    ).SerializeToString()


async def publish(bus: Bus, viewer_id: int, *actions: bytes) -> None:
    for action in actions:
        await bus.publish(ACTIONS, action, key=viewer_id, timeout_s=5)
