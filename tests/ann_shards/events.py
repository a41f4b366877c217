"""Messages of the bus, naming only what a test is about."""

from typing import Any

import numpy as np

from generation.counters import COUNTER_COLUMNS
from protos import events_pb2 as pb
from tests.generation.tiny_generation import NOON_MS


def a_published_item(item_id: int, **fields: Any) -> bytes:
    """A `PUBLISH` of now."""
    defaults = {"created_ms": NOON_MS, "occurred_ms": NOON_MS, "event_id": f"publish-{item_id}"}
    return pb.ItemEvent(
        schema_version=1, change=pb.ItemEvent.PUBLISH, item_id=item_id, **(defaults | fields)
    ).SerializeToString()


def a_deleted_item(item_id: int) -> bytes:
    return pb.ItemEvent(
        schema_version=1, event_id="delete", change=pb.ItemEvent.DELETE, item_id=item_id
    ).SerializeToString()


def counters_of(
    item_id: int, generation: str, *, as_of_ms: int = NOON_MS, **counts: float
) -> bytes:
    """Absolute counters; those not named are 0."""
    values = np.zeros(len(COUNTER_COLUMNS), "<f4")
    for name, value in counts.items():
        values[COUNTER_COLUMNS.index(name)] = value
    return pb.ItemCounters(
        schema_version=1,
        item_id=item_id,
        generation=generation,
        as_of_ms=as_of_ms,
        counters=values.tobytes(),
        event_id="counters",
    ).SerializeToString()


def an_action(
    action_id: str, item_id: int, kind: str = "CLICK", *, viewer_id: int = 1, **fields: Any
) -> bytes:
    return pb.ActionEvent(
        schema_version=1,
        action_id=action_id,
        viewer_id=viewer_id,
        kind=pb.ActionKind.Value(kind),
        item_id=item_id,
        **({"occurred_ms": NOON_MS, "item_author_id": 10} | fields),
    ).SerializeToString()
