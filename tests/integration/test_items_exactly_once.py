"""Items published, changed and deleted: replayed, delivered twice or sent again, what is served of
them is the same. Shards and content keep them in memory, so every start is a replay."""

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ann_shards.service import open_shards
from feed_assembly.content.content import Content
from feed_assembly.content.content_base import ContentBase
from feed_assembly.content.content_overlay import ContentOverlay
from feed_assembly.item_reader import item_reader
from generation.manifest import Manifest
from serving.bus.log_bus import LogBus
from serving.bus.topics import items
from serving.contracts.shard import PartKind, SearchPart, SearchRequest
from serving.deadline import Deadline
from serving.metrics_recorder import Metrics
from tests.ann_shards.events import a_deleted_item, a_published_item
from tests.ann_shards.requests import everything_eligible, ids
from tests.feed_assembly.shown import a_page, shown
from tests.generation.tiny_generation import ITEM_IDS, NOON_MS, SHARDS, write_tiny_generation
from tests.serving.bus.logs import opened
from tests.serving.fixed_clock import FixedClock

PATIENCE_S = 20.0
PATIENCE_MS = 60_000.0
OLD, NEW = tuple(map(int, ITEM_IDS[:4])), (500, 501, 502, 503)
TOUCHED = [*OLD, *NEW]
EVENT_COUNT = 60

Event = tuple[int, bytes]


def some_changes(dice: random.Random) -> list[Event]:
    """Items of the generation and new ones: published, changed and deleted, some again later."""
    events: list[Event] = []
    for number in range(EVENT_COUNT):
        item = dice.choice(TOUCHED)
        if dice.random() < 0.05:
            events.append((item, a_deleted_item(item)))
        else:
            author, category = dice.choice((10, 11, 77)), dice.choice(("cats", "cars"))
            created_ms = NOON_MS - number
            published = a_published_item(
                item, author_id=author, categories=[category], created_ms=created_ms
            )
            events.append((item, published))
    return [*events, (OLD[0], a_deleted_item(OLD[0])), (NEW[0], a_deleted_item(NEW[0]))]


async def publish(bus: LogBus, events: Sequence[Event]) -> None:
    for item, event in events:
        await bus.publish(items(SHARDS), event, key=item, timeout_s=PATIENCE_S)


class Served:
    """Shards and content as one process of each holds them."""

    def __init__(self, shards, content: Content, readers: Sequence[Any]) -> None:
        self._shards = shards
        self._content = content
        self._readers = readers

    async def facts(self) -> dict[str, Any]:
        """All that is said of the touched items: their columns, content, and in which lists they
        are found."""
        for reader in self._readers:
            assert await reader.caught_up(PATIENCE_S)
        wanted = ids(*TOUCHED)
        columns = await self._shards.lookup(
            self._shards.generation, wanted, NOON_MS, Deadline.after_ms(PATIENCE_MS)
        )
        facts: dict[str, Any] = {name: values.tolist() for name, values in columns.items()}
        for kind in (PartKind.FRESH, PartKind.POPULAR):
            request = SearchRequest(
                self._shards.generation, everything_eligible(), [SearchPart(kind, 100)]
            )
            answers = await self._shards.search(request, Deadline.after_ms(PATIENCE_MS))
            found = [a.columns["item_id"][row] for a in answers for row in a.parts[0].rows]
            facts[kind.name] = sorted(map(int, found))
        facts["deleted"] = self._content.deleted(wanted).tolist()
        facts["content"] = [str(item) for item in shown(self._content, a_page(wanted.tolist()))]
        facts["latest deleted"] = sorted(self._content.latest_deleted(100).tolist())
        return facts


@asynccontextmanager
async def started(bus: LogBus, generation: Path) -> AsyncIterator[Served]:
    """As after a start: everything that is on the bus was applied."""
    manifest = Manifest.read(generation)
    shards = open_shards(generation, manifest, range(SHARDS), bus, FixedClock(), Metrics())
    overlay = ContentOverlay()
    reader = item_reader(bus, manifest, overlay)
    assert await shards.start()
    reader.start()
    yield Served(
        shards, Content(ContentBase(generation), overlay, generation.name), [shards, reader]
    )
    await reader.stop()
    await shards.close()


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_replayed_and_sent_again_the_same_is_served(tmp_path, seed):
    generation = write_tiny_generation(tmp_path / "generations")
    bus = await opened(tmp_path / "bus")
    events = some_changes(random.Random(seed))
    async with started(bus, generation) as live:
        await publish(bus, events)
        expected = await live.facts()
        assert {OLD[0], NEW[0]} <= set(expected["latest deleted"])
        assert {OLD[0], NEW[0]}.isdisjoint(expected["FRESH"])
        assert set(NEW) & set(expected["FRESH"])
        assert set(expected["latest deleted"]).isdisjoint(expected["item_id"])
        for _ in range(2):
            async with started(bus, generation) as replayed:
                assert await replayed.facts() == expected
        await publish(bus, [event for event in events for _ in range(2)])
        assert await live.facts() == expected, "every message twice, once more"
    async with started(bus, generation) as replayed:
        assert await replayed.facts() == expected, "all of it from the beginning"
    await bus.close()
