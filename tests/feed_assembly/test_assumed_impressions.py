"""What is served counts as seen where clients cannot report it."""

import numpy as np

from feed_assembly.assumed_impressions import AssumedImpressions
from feed_assembly.feed_page import FeedPage
from feed_assembly.feed_request import FeedRequest
from protos import events_pb2
from serving.bus import topics
from serving.bus.log_bus import LogBus
from serving.contracts.receipt import Receipt
from tests.feed_assembly.ring import KeptRecords
from tests.generation.tiny_generation import NOON_MS

FEED = "f" * 32
PATIENT_S = 5.0
VIEWER = 1


class AuthorTenWritesOfCats:
    def facts(self, item_ids):
        return np.full(len(item_ids), 10), [("cats",)] * len(item_ids)


def page(*item_ids: int, first: int = 0) -> FeedPage:
    count = len(item_ids)
    return FeedPage(
        feed_id=FEED,
        item_ids=np.array(item_ids, np.int64),
        author_ids=np.full(count, 10, np.int64),
        positions=np.arange(first, first + count, dtype=np.int32),
        scores=np.zeros(count, np.float32),
        source_bits=np.ones(count, np.uint32),
        receipt=Receipt(),
    )


async def impressions_of(tmp_path, *pages: FeedPage) -> tuple[list, KeptRecords]:
    bus, records = LogBus(tmp_path / "bus"), KeptRecords()
    await bus.start()
    assumed = AssumedImpressions(records, bus, AuthorTenWritesOfCats())
    for one in pages:
        assumed.add(VIEWER, FeedRequest(VIEWER, surface="home", device="tv"), one, NOON_MS)
    partition = topics.partition_of(VIEWER, topics.ACTIONS.partitions)
    subscription = await bus.subscribe(topics.ACTIONS, {partition: 0}, reader="test")
    count = sum(map(len, pages))
    messages = []
    while len(messages) < count:
        polled = await subscription.poll(count, PATIENT_S)
        assert polled, f"{len(messages)} of {count} impressions came"
        messages += polled
    await subscription.close()
    await bus.close()
    return [events_pb2.ActionEvent.FromString(message.value) for message in messages], records


async def test_every_item_of_a_page_is_an_impression_with_what_consumers_need(tmp_path) -> None:
    events, _ = await impressions_of(tmp_path, page(100, 2**63 - 1, first=20))
    assert [event.item_id for event in events] == [100, 2**63 - 1]
    assert [event.position for event in events] == [20, 21]
    first = events[0]
    assert first.kind == events_pb2.IMPRESSION
    assert (first.viewer_id, first.occurred_ms, first.value) == (VIEWER, NOON_MS, 0.0)
    assert (first.surface, first.device, first.feed_id) == ("home", "tv", FEED)
    assert (first.item_author_id, list(first.item_categories)) == (10, ["cats"])
    assert all(len(event.action_id.encode()) <= 64 for event in events)


async def test_a_slice_served_again_repeats_its_action_ids(tmp_path) -> None:
    events, _ = await impressions_of(tmp_path, page(100, 101), page(101, 102))
    ids = [event.action_id for event in events]
    assert ids[1] == ids[2]
    assert len(set(ids)) == 3


async def test_the_page_itself_is_still_recorded(tmp_path) -> None:
    _, records = await impressions_of(tmp_path, page(100))
    assert [record.item_ids.tolist() for record in records.pages] == [[100]]
