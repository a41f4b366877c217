"""Conversion of items between messages and values."""

from typing import Literal

from feed_assembly.action_codec import item_errors
from feed_assembly.batch_result import BatchResult
from feed_assembly.item_change import ItemChange
from protos import events_pb2, feed_pb2

SCHEMA_VERSION = 1

_CHANGES: dict[events_pb2.ItemEvent.Change.ValueType, Literal["publish", "delete"]] = {
    events_pb2.ItemEvent.PUBLISH: "publish",
    events_pb2.ItemEvent.DELETE: "delete",
}
_CHANGE_NUMBERS = {name: number for number, name in _CHANGES.items()}


def item_changes(request: feed_pb2.PublishItemsRequest) -> list[ItemChange]:
    """The items of a request, unchecked."""
    return [item_change(event) for event in request.items]


def items_response(result: BatchResult) -> feed_pb2.PublishItemsResponse:
    return feed_pb2.PublishItemsResponse(
        accepted_count=result.accepted_count, errors=item_errors(result)
    )


def item_change(event: events_pb2.ItemEvent) -> ItemChange:
    return ItemChange(
        event_id=event.event_id,
        change=_CHANGES.get(event.change),
        item_id=event.item_id if event.HasField("item_id") else None,
        author_id=event.author_id if event.HasField("author_id") else None,
        created_ms=event.created_ms,
        occurred_ms=event.occurred_ms,
        categories=tuple(event.categories),
        region=event.region,
        language=event.language,
        is_sensitive=event.is_sensitive,
        duration_ms=event.duration_ms,
        title=event.title,
        text=event.text,
        media_url=event.media_url,
        group_id=event.group_id if event.HasField("group_id") else None,
        visibility=event.visibility,
    )


def pack_item(item: ItemChange) -> bytes:
    """The message of topic `items`."""
    return events_pb2.ItemEvent(
        schema_version=SCHEMA_VERSION,
        event_id=item.event_id,
        change=(
            _CHANGE_NUMBERS[item.change] if item.change else events_pb2.ItemEvent.CHANGE_UNSPECIFIED
        ),
        item_id=item.item_id,
        author_id=item.author_id,
        created_ms=item.created_ms,
        occurred_ms=item.occurred_ms,
        categories=item.categories,
        region=item.region,
        language=item.language,
        is_sensitive=item.is_sensitive,
        duration_ms=item.duration_ms,
        title=item.title,
        text=item.text,
        media_url=item.media_url,
        group_id=item.group_id,
        visibility=item.visibility,
    ).SerializeToString()
