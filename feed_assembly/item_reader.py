"""Reads topic `items` from where the generation ends into the content overlay."""

from feed_assembly.content.content_overlay import ContentOverlay
from feed_assembly.item_change import ItemChange
from feed_assembly.item_codec import SCHEMA_VERSION, item_change
from generation.manifest import Manifest
from protos import events_pb2
from serving.bus.bus import Bus
from serving.bus.consumer import Batch, EventConsumer
from serving.bus.topics import items

READER = "feed_assembly.items"


def item_reader(bus: Bus, manifest: Manifest, overlay: ContentOverlay) -> EventConsumer[ItemChange]:
    """Every replica reads all partitions: any of them may show any item."""
    topic = items(manifest.shard_count)

    async def apply(_partition: int, batch: Batch[ItemChange]) -> None:
        for _, change in batch:
            overlay.apply(change)

    return EventConsumer(
        bus,
        topic,
        manifest.first_offsets(topic.name, range(topic.partitions)),
        reader=READER,
        decode=_decode,
        apply=apply,
    )


def _decode(value: bytes) -> ItemChange:
    event = events_pb2.ItemEvent.FromString(value)
    if event.schema_version != SCHEMA_VERSION:
        raise ValueError(f"schema_version: {event.schema_version}, need {SCHEMA_VERSION}")
    change = item_change(event)
    if change.item_id is None or change.change is None:
        raise ValueError("an item event needs item_id and change")
    return change
