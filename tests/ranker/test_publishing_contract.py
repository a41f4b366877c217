"""What every ranker puts on the bus, and what it does without one."""

import zlib

import numpy as np

from features.inputs import CrossInputs, Inputs, ItemInputs
from features.matrix import feature_matrix, feature_schema
from protos import ranker_pb2
from ranker.service import FEATURE_SAMPLE
from serving.bus.bus import Bus
from serving.bus.topics import RANKED_LISTS
from serving.contracts import ranked_list_codec
from serving.contracts.rank_columns import CROSS_FIELDS, ITEM_FIELDS
from serving.deadline import Deadline
from tests.ranker.rankers import PATIENT, DeafBus, Open, SlowBus, published_list
from tests.ranker.requests import NOON_MS, a_context, a_request, a_viewer, candidates, pointing

SAMPLED = next(f"r{i}" for i in range(1_000) if zlib.crc32(f"r{i}".encode()) % FEATURE_SAMPLE == 0)


def features_of(columns: dict[str, np.ndarray]) -> np.ndarray:
    """What training computes for these candidates."""
    items = ItemInputs(**{name: columns[name] for name in ITEM_FIELDS})
    cross = CrossInputs(**{name: columns[name] for name in CROSS_FIELDS})
    return feature_matrix(Inputs(a_viewer(), a_context(), items, cross))


async def test_a_list_keeps_authors_sources_and_time_of_its_items(
    open_ranker: Open, bus: Bus
) -> None:
    ranker = await open_ranker(bus)
    ranked = await published_list(
        bus,
        ranker,
        item_ids=[1, 2],
        vector=pointing([50, 10]),
        author_id=[11, 22],
        source_bits=[1, 6],
    )
    assert ranked.author_ids.tolist() == [22, 11]
    assert ranked.source_bits.tolist() == [6, 1]
    assert (ranked.created_ms, ranked.viewer_id, ranked.generation) == (NOON_MS, 1, "tiny")


async def test_without_the_bus_the_reply_carries_the_list(open_ranker: Open) -> None:
    ranker = await open_ranker(DeafBus())
    columns = candidates([5, 6], vector=pointing([50, 10]))
    reply = await ranker.rank(a_request(columns), Deadline.after_ms(PATIENT))
    assert reply.receipt.degraded_reasons == ["bus_unacknowledged"]
    assert reply.ranked_list is not None
    assert reply.ranked_list.item_ids.tolist() == [6, 5]


async def test_a_slow_bus_gets_no_more_than_its_share_of_the_time(open_ranker: Open) -> None:
    slow = SlowBus()
    ranker = await open_ranker(slow)
    request = a_request(candidates([1, 2], vector=pointing([0, 50])))
    reply = await ranker.rank(request, Deadline.after_ms(PATIENT))
    assert reply.receipt.degraded_reasons == ["bus_unacknowledged"]
    assert 0 < slow.waits_s[0] <= 0.05


async def test_a_sampled_list_carries_the_features_its_scores_came_from(
    open_ranker: Open, bus: Bus
) -> None:
    ranker = await open_ranker(bus)
    columns = candidates(
        [1, 2, 3],
        vector=pointing([80, 0, 40]),
        has_vector=1,
        facts=np.linspace(0, 9.7, 3)[:, None],
        created_ms=NOON_MS - 3_600_000,
    )
    request = a_request(columns, request_id=SAMPLED)
    reader = await bus.subscribe(RANKED_LISTS, {3: None}, reader="test")
    await ranker.rank(request, Deadline.after_ms(PATIENT))
    (message,) = await reader.poll(1, 5.0)
    proto = ranker_pb2.RankedList.FromString(message.value)
    ranked = ranked_list_codec.from_proto(proto)
    assert ranked.item_ids.tolist() == [2, 3, 1]
    assert ranked.features is not None
    assert proto.feature_schema == feature_schema()
    np.testing.assert_array_equal(ranked.features, features_of(columns)[[1, 2, 0]])


async def test_most_lists_carry_no_features(open_ranker: Open, bus: Bus) -> None:
    ranker = await open_ranker(bus)
    assert (await published_list(bus, ranker, item_ids=[1])).features is None
