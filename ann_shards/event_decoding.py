"""Messages of the bus in the words of this service. Whatever cannot be meant is refused here."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ann_shards.delta_items import DeletedItem, ItemChange, PublishedItem
from generation.counters import COUNTER_COLUMNS
from generation.item_columns import NO_ID, VISIBILITIES
from protos import events_pb2 as pb

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class CounterValues:
    """What was counted of an item on top of a generation: `float32[15]`, as of a time."""

    item_id: int
    generation: str
    as_of_ms: int
    counters: npt.NDArray[np.float32]


def decode_item_change(value: bytes, now_ms: int) -> ItemChange:
    """Decode an `ItemEvent`.

    Args:
        now_ms: Publication time of events that name none.

    Raises:
        ValueError, google.protobuf.message.DecodeError: it cannot be understood.
    """
    event = pb.ItemEvent.FromString(value)
    _check_version(event.schema_version)
    if not event.HasField("item_id") or event.item_id < 0:
        raise ValueError("item_id: absent or negative")
    if event.change == pb.ItemEvent.DELETE:
        return DeletedItem(event.item_id)
    if event.change != pb.ItemEvent.PUBLISH:
        raise ValueError(f"change: {event.change} is neither PUBLISH nor DELETE")
    visibility = event.visibility or "public"
    if visibility not in VISIBILITIES:
        raise ValueError(f"visibility: {visibility!r} is none of {', '.join(VISIBILITIES)}")
    return PublishedItem(
        item_id=event.item_id,
        author_id=event.author_id if event.HasField("author_id") else NO_ID,
        created_ms=event.created_ms or event.occurred_ms or now_ms,
        group_id=event.group_id if event.HasField("group_id") else NO_ID,
        category_names=tuple(event.categories),
        region=event.region,
        language=event.language,
        visibility=VISIBILITIES[visibility],
        is_sensitive=event.is_sensitive,
        duration_ms=event.duration_ms,
    )


def decode_counters(value: bytes) -> CounterValues:
    """Decode an `ItemCounters`.

    Raises:
        ValueError, google.protobuf.message.DecodeError: it cannot be understood.
    """
    event = pb.ItemCounters.FromString(value)
    _check_version(event.schema_version)
    counters = np.frombuffer(event.counters, "<f4")
    if len(counters) != len(COUNTER_COLUMNS):
        raise ValueError(f"counters: {len(counters)} values, {len(COUNTER_COLUMNS)} expected")
    if not (np.isfinite(counters).all() and (counters >= 0).all()):
        raise ValueError("counters: negative or not finite")
    return CounterValues(event.item_id, event.generation, event.as_of_ms, counters)


def _check_version(version: int) -> None:
    if version != SCHEMA_VERSION:
        raise ValueError(f"schema_version: {version}, this code reads {SCHEMA_VERSION}")
