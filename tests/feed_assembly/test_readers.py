import asyncio

import pytest

from feed_assembly.content.content_overlay import ContentOverlay
from feed_assembly.item_reader import item_reader
from feed_assembly.readers import Readers
from generation.manifest import Manifest
from protos import events_pb2
from serving.bus.bus import Bus
from serving.bus.consumer import EventConsumer
from serving.bus.log_bus import LogBus
from serving.bus.topics import RANKED_LISTS, items
from serving.metrics import GENERATION_AGE
from serving.metrics_recorder import Metrics

PATIENT_S = 5.0


@pytest.fixture
async def bus(tmp_path):
    bus = LogBus(tmp_path / "bus")
    await bus.start()
    yield bus
    await bus.close()


def readers_of(bus: Bus, manifest: Manifest, overlay: ContentOverlay, metrics: Metrics) -> Readers:
    async def ignore(*_: object) -> None: ...

    lists = EventConsumer(bus, RANKED_LISTS, {0: None}, reader="test", decode=bytes, apply=ignore)
    return Readers(item_reader(bus, manifest, overlay), lists, metrics, lambda: 90_000)


async def test_the_age_of_the_generation_is_published(bus, generation_folder):
    metrics = Metrics()
    readers = readers_of(bus, Manifest.read(generation_folder), ContentOverlay(), metrics)
    await readers.start()
    running = asyncio.create_task(readers.run())
    await asyncio.sleep(0)  # its first turn
    assert metrics.registry.get_sample_value(GENERATION_AGE.name) == 90_000
    running.cancel()
    await readers.close()


async def test_an_item_of_another_schema_version_is_set_aside(bus, generation_folder):
    manifest = Manifest.read(generation_folder)
    topic, overlay = items(manifest.shard_count), ContentOverlay()
    for item_id, version in ((7, 2), (8, 1)):
        event = events_pb2.ItemEvent(
            schema_version=version, change=events_pb2.ItemEvent.PUBLISH, item_id=item_id
        )
        await bus.publish(topic, event.SerializeToString(), partition=0, timeout_s=PATIENT_S)
    readers = readers_of(bus, manifest, overlay, Metrics())
    assert await readers.start()
    assert overlay.item(7) is None
    assert overlay.item(8) is not None
    assert bus.counters.parked == 1
    await readers.close()
