"""Messages of the bus as rows, by the rules that an import applies to canonical tables."""

import math
from typing import Any

import pyarrow as pa
from google.protobuf.message import DecodeError

from feedrank.exporting.bus_reading import Row
from protos import events_pb2 as pb
from serving.bus.bus import Message
from tables.columns import EARLIEST_MS
from tables.schema import ACTIONS, ITEMS, VISIBILITIES

SCHEMA_VERSION = 1

_PLACE = [pa.field("partition", pa.int32()), pa.field("bus_offset", pa.int64())]
_PLACE_NAMES = [field.name for field in _PLACE]


def _all_nullable(fields: list["pa.Field[Any]"]) -> pa.Schema:
    return pa.schema([pa.field(field.name, field.type) for field in fields])


ACTION_SCHEMA = _all_nullable(
    [
        *(field for field in ACTIONS.arrow_schema() if field.name not in _PLACE_NAMES),
        pa.field("author_id", pa.int64()),
        pa.field("group_id", pa.int64()),
        *_PLACE,
    ]
)
"""Canonical actions, those on authors and groups too."""

ITEM_SCHEMA = _all_nullable([*ITEMS.arrow_schema(), pa.field("is_deleted", pa.bool_()), *_PLACE])
"""Canonical items, and those that are deleted."""


def action_row(message: Message) -> Row:
    """A row of `ACTION_SCHEMA`.

    Raises:
        ValueError: it cannot be understood, or breaks a rule of the table.
    """
    try:
        event = pb.ActionEvent.FromString(message.value)
    except DecodeError as error:
        raise ValueError("not an ActionEvent") from error
    target = event.WhichOneof("target")
    _require(event.schema_version == SCHEMA_VERSION, "schema_version", event.schema_version)
    _require(event.kind in pb.ActionKind.values() and event.kind > 0, "kind", event.kind)
    _require(target == _target_of(event.kind), "target", target)
    _require(event.viewer_id >= 0, "viewer_id", event.viewer_id)
    _require(getattr(event, target or "") >= 0, "target", getattr(event, target or ""))
    _require(event.occurred_ms >= EARLIEST_MS, "occurred_ms", event.occurred_ms)
    _require(math.isfinite(event.value), "value", event.value)
    return {
        "viewer_id": event.viewer_id,
        "item_id": None,
        "author_id": None,
        "group_id": None,
        target or "": getattr(event, target or ""),
        "action": pb.ActionKind.Name(event.kind).lower(),
        "occurred_ms": event.occurred_ms,
        "value": event.value or None,  # the message cannot tell 0 from absent
        "surface": event.surface or None,
        "feed_id": event.feed_id or None,
        "position": event.position if event.position >= 0 else None,
        "device": event.device or None,
        "approximate_time": False,
        "action_id": event.action_id or None,
    }


def item_row(message: Message) -> Row:
    """A row of `ITEM_SCHEMA`.

    Raises:
        ValueError: it cannot be understood, or breaks a rule of the table.
    """
    try:
        event = pb.ItemEvent.FromString(message.value)
    except DecodeError as error:
        raise ValueError("not an ItemEvent") from error
    visibility = event.visibility or "public"
    is_deleted = event.change == pb.ItemEvent.DELETE
    _require(event.schema_version == SCHEMA_VERSION, "schema_version", event.schema_version)
    _require(is_deleted or event.change == pb.ItemEvent.PUBLISH, "change", event.change)
    _require(event.HasField("item_id") and event.item_id >= 0, "item_id", event.item_id)
    _require(visibility in VISIBILITIES, "visibility", visibility)
    created_ms = event.created_ms or event.occurred_ms or message.timestamp_ms
    _require(is_deleted or created_ms >= EARLIEST_MS, "created_ms", created_ms)
    return {
        "item_id": event.item_id,
        "author_id": event.author_id if event.HasField("author_id") else None,
        "created_ms": created_ms,
        "categories": list(event.categories),
        "region": event.region or None,
        "language": event.language or None,
        "is_sensitive": event.is_sensitive,
        "duration_ms": event.duration_ms or None,
        "title": event.title or None,
        "text": event.text or None,
        "media_url": event.media_url or None,
        "group_id": event.group_id if event.HasField("group_id") else None,
        "visibility": visibility,
        "is_deleted": is_deleted,
    }


def _target_of(kind: int) -> str:
    if kind <= pb.REPORT:
        return "item_id"
    return "author_id" if kind <= pb.UNMUTE else "group_id"


def _require(holds: bool, field: str, value: object) -> None:
    if not holds:
        raise ValueError(f"{field}: {value!r}")
