"""Messages of the bus in the words of this service. Whatever cannot be meant is refused here."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ann_shards.delta_items import DeletedItem, ItemChange, PublishedItem
from generation.counters import COUNTED_ACTIONS, COUNTER_COLUMNS
from generation.item_columns import NO_ID, VISIBILITIES
from protos import events_pb2 as pb

SCHEMA_VERSION = 1
MAX_COUNT = 1e12
MAX_TIME_MS = 2**48
"""Differences and sums of times up to here fit everywhere."""


@dataclass(frozen=True, slots=True)
class CounterValues:
    """What was counted of an item on top of a generation: `float32[15]`, as of a time."""

    item_id: int
    generation: str
    as_of_ms: int
    counters: npt.NDArray[np.float32]

    @property
    def occurred_ms(self) -> int:
        """When the last action that it counts happened, at the latest."""
        return self.as_of_ms


@dataclass(frozen=True, slots=True)
class CountedAction:
    """One action that adds to an item's counters.

    Attributes:
        unique_id: Names the action among all of its partition.
        action: A key of `generation.counters.COUNTED_ACTIONS`.
        occurred_ms: Unix ms, in the time of the data.
    """

    unique_id: bytes
    item_id: int
    action: str
    occurred_ms: int


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


def decode_action(value: bytes, *, authors_are_viewers: bool) -> CountedAction | None:
    """Decode an `ActionEvent`; `None` when it counts nothing, like acts on own items.

    Raises:
        ValueError, google.protobuf.message.DecodeError: it cannot be understood.
    """
    event = pb.ActionEvent.FromString(value)
    _check_version(event.schema_version)
    action = pb.ActionKind.Name(event.kind).lower()
    is_own = authors_are_viewers and event.viewer_id == event.item_author_id
    if action not in COUNTED_ACTIONS or not event.HasField("item_id") or is_own:
        return None
    unique_id = f"{event.viewer_id}/{event.action_id}".encode()
    return CountedAction(unique_id, event.item_id, action, event.occurred_ms)


def encode_counters(
    item_id: int, generation: str, as_of_ms: int, counters: npt.NDArray[np.float64]
) -> bytes:
    """An `ItemCounters` message; the same values give the same bytes."""
    return pb.ItemCounters(
        schema_version=SCHEMA_VERSION,
        item_id=item_id,
        generation=generation,
        as_of_ms=as_of_ms,
        counters=np.ascontiguousarray(counters, "<f4").tobytes(),
        event_id=f"{generation}/{item_id}/{as_of_ms}",
    ).SerializeToString(deterministic=True)


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
    if not ((counters >= 0) & (counters <= MAX_COUNT)).all():
        raise ValueError(f"counters: outside of [0, {MAX_COUNT:g}] or not finite")
    if event.item_id < 0:
        raise ValueError(f"item_id: {event.item_id} is negative")
    if not 0 <= event.as_of_ms <= MAX_TIME_MS:
        raise ValueError(f"as_of_ms: {event.as_of_ms} is outside of [0, {MAX_TIME_MS}]")
    return CounterValues(event.item_id, event.generation, event.as_of_ms, counters)


def _check_version(version: int) -> None:
    if version != SCHEMA_VERSION:
        raise ValueError(f"schema_version: {version}, this code reads {SCHEMA_VERSION}")
