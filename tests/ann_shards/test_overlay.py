"""What the bus says since the generation changes what shards find."""

from collections.abc import Awaitable, Callable

import numpy as np
import pytest

from ann_shards.shards import Shards
from generation.item_columns import ITEM_FACTS
from serving.bus.log_bus import LogBus
from serving.bus.topics import item_counters, items
from serving.contracts.shard import Columns, PartKind, SearchPart, SearchRequest
from serving.deadline import Deadline
from tests.ann_shards.events import a_deleted_item, a_published_item, counters_of
from tests.ann_shards.requests import a_vector_part, an_id_part, everything_eligible, ids
from tests.generation.tiny_generation import HOUR_MS, ITEM_IDS, NOON_MS, SHARDS

PATIENCE_S = 20.0
SOON = Deadline.after_ms(600_000)
EVERY_LIST = [
    SearchPart(PartKind.FRESH, 100),
    SearchPart(PartKind.POPULAR, 100),
    an_id_part(PartKind.CATEGORIES, range(1, 6), limit=100),
    an_id_part(PartKind.ITEMS, [*ITEM_IDS, 500], limit=100),
    an_id_part(PartKind.AUTHORS, [*range(10, 18), 77], limit=100),
]

Tell = Callable[[int, bytes], Awaitable[None]]


@pytest.fixture
def tell(shards: Shards, bus: LogBus) -> Tell:
    """Publish an item event and wait until the shards know."""

    async def publish(item_id: int, event: bytes) -> None:
        await bus.publish(items(SHARDS), event, key=item_id, timeout_s=PATIENCE_S)
        assert await shards.caught_up(PATIENCE_S)

    return publish


async def found(shards: Shards, part: SearchPart, **eligibility: object) -> set[int]:
    wanted = everything_eligible(**eligibility)
    answers = await shards.search(SearchRequest(shards.generation, wanted, [part]), SOON)
    return {
        int(answer.columns["item_id"][row]) for answer in answers for row in answer.parts[0].rows
    }


async def facts_of(shards: Shards, item_id: int, now_ms: int = NOON_MS) -> dict[str, float]:
    columns = await lookup(shards, item_id, now_ms)
    return dict(zip(ITEM_FACTS, columns["facts"][0].astype(float), strict=True))


async def lookup(shards: Shards, item_id: int, now_ms: int = NOON_MS) -> Columns:
    return await shards.lookup(shards.generation, ids(item_id), now_ms, SOON)


@pytest.mark.parametrize("part", EVERY_LIST, ids=lambda part: part.kind.name)
async def test_a_new_item_is_found_by_every_list(shards, tell, part):
    await tell(500, a_published_item(500, author_id=77, categories=["cats"]))
    assert 500 in await found(shards, part)


async def test_a_new_item_has_no_vector_and_is_in_no_vector_answer(shards, tell):
    await tell(500, a_published_item(500))
    assert 500 not in await found(shards, a_vector_part(0, 1, 2, 3, 4, limit=100))
    columns = await lookup(shards, 500)
    assert (columns["has_vector"].tolist(), columns["vector"].any()) == ([0], False)


async def test_a_new_item_carries_what_its_event_says(shards, tell):
    event = a_published_item(
        500, author_id=10, categories=["cars", "nonsense", "chess", "cars"], region="south",
        language="de", group_id=5, visibility="group", is_sensitive=True, duration_ms=9_000,
    )  # fmt: skip
    await tell(500, event)
    columns = await lookup(shards, 500)
    assert columns["categories"].tolist() == [[2, 4, 0, 0]]
    assert {n: columns[n].tolist() for n in ("region", "language", "group_id", "visibility")} == {
        "region": [2], "language": [2], "group_id": [5], "visibility": [3],
    }  # fmt: skip
    facts = await facts_of(shards, 500)
    assert facts["log_duration_s"] == pytest.approx(np.log1p(9), abs=1e-3)
    assert facts["log_author_followers"] == pytest.approx(np.log1p(5), abs=1e-3)


@pytest.mark.parametrize(
    ("event", "opens"),
    [
        ({"visibility": "followers"}, {"followed_ids": ids(77)}),
        ({"visibility": "friends"}, {"friend_ids": ids(77)}),
        ({"visibility": "group", "group_id": 5}, {"group_ids": ids(5)}),
        ({"is_sensitive": True}, {"allow_sensitive": True}),
    ],
)
async def test_a_restricted_new_item_is_found_by_those_it_is_for(shards, tell, event, opens):
    await tell(500, a_published_item(500, author_id=77, **event))
    fresh = SearchPart(PartKind.FRESH, 100)
    assert 500 not in await found(shards, fresh)
    assert 500 in await found(shards, fresh, **opens)


@pytest.mark.parametrize(
    "excluding",
    [
        {"excluded_item_ids": ids(500)},
        {"excluded_author_ids": ids(77)},
        {"region": 2},
        {"language": 2},
        {"oldest_ms": NOON_MS + 1},
    ],
)
async def test_a_new_item_that_is_not_eligible_is_not_found(shards, tell, excluding):
    await tell(500, a_published_item(500, author_id=77, region="north", language="en"))
    assert 500 not in await found(shards, SearchPart(PartKind.FRESH, 100), **excluding)


@pytest.mark.parametrize(
    "part", [*EVERY_LIST, a_vector_part(0, limit=100)], ids=lambda part: part.kind.name
)
async def test_a_deleted_item_is_gone_from_every_answer(shards, tell, part):
    assert 105 in await found(shards, part)
    await tell(105, a_deleted_item(105))
    assert 105 not in await found(shards, part)
    assert len((await lookup(shards, 105))["item_id"]) == 0


async def test_a_deleted_restricted_item_stays_gone_for_those_it_was_for(shards, tell):
    await tell(138, a_deleted_item(138))
    assert 138 not in await found(shards, SearchPart(PartKind.FRESH, 100), group_ids=ids(500))


async def test_a_tombstone_wins_over_a_later_publication(shards, tell):
    await tell(105, a_deleted_item(105))
    await tell(105, a_published_item(105))
    assert 105 not in await found(shards, SearchPart(PartKind.FRESH, 100))


async def test_a_changed_item_is_found_as_it_is_now_and_once(shards, tell):
    await tell(105, a_published_item(105, author_id=77, categories=["chess"]))
    assert 105 in await found(shards, an_id_part(PartKind.AUTHORS, [77]))
    assert 105 not in await found(shards, an_id_part(PartKind.AUTHORS, [15], limit=100))
    assert (await lookup(shards, 105))["author_id"].tolist() == [77]


async def test_a_changed_item_keeps_what_no_event_carries(shards, tell):
    before, facts_before = await lookup(shards, 105), await facts_of(shards, 105)
    for category in ("chess", "cars"):
        await tell(105, a_published_item(105, author_id=15, categories=[category]))
    after = await lookup(shards, 105)
    assert after["categories"].tolist() == [[2, 0, 0, 0]]
    assert after["has_vector"].tolist() == [1]
    assert after["vector"].tolist() == before["vector"].tolist()
    unchanged = [name for name in ITEM_FACTS if name != "log_duration_s"]
    facts = await facts_of(shards, 105)
    assert {n: facts[n] for n in unchanged} == {n: facts_before[n] for n in unchanged}


async def test_a_changed_item_is_as_popular_as_before_and_in_no_vector_answer(shards, tell):
    most_popular = await found(shards, SearchPart(PartKind.POPULAR, 1))
    for item_id in most_popular:
        await tell(item_id, a_published_item(item_id))
    assert await found(shards, SearchPart(PartKind.POPULAR, 1)) == most_popular
    near_everything = await found(shards, a_vector_part(0, 1, 2, 3, 4, limit=100))
    assert not most_popular & near_everything


async def test_an_unreadable_message_does_not_stop_the_next(shards, bus, tell):
    await bus.publish(items(SHARDS), b"\xff", key=500, timeout_s=PATIENCE_S)
    await tell(500, a_published_item(500))
    assert 500 in await found(shards, SearchPart(PartKind.FRESH, 1))


async def test_live_counters_add_to_those_of_the_generation_and_age(shards, bus):
    event = counters_of(105, shards.generation, impressions_total=7, impressions_hour=8)
    await bus.publish(item_counters(SHARDS), event, key=105, timeout_s=PATIENCE_S)
    assert await shards.caught_up(PATIENCE_S)
    facts = await facts_of(shards, 105, NOON_MS + 2 * HOUR_MS)
    assert facts["log_impressions_total"] == pytest.approx(np.log1p(107), abs=4e-3)
    assert facts["log_impressions_hour"] == pytest.approx(np.log1p(2), abs=1e-3)


async def test_counters_are_absolute_so_a_repeat_changes_nothing(shards, bus):
    event = counters_of(105, shards.generation, clicks_total=5)
    for _ in range(2):
        await bus.publish(item_counters(SHARDS), event, key=105, timeout_s=PATIENCE_S)
    assert await shards.caught_up(PATIENCE_S)
    facts = await facts_of(shards, 105)
    assert facts["log_clicks_total"] == pytest.approx(np.log1p(35 + 5), abs=2e-3)


async def test_counters_of_another_generation_are_ignored(shards, bus):
    before = await facts_of(shards, 105)
    event = counters_of(105, "another", clicks_total=5)
    await bus.publish(item_counters(SHARDS), event, key=105, timeout_s=PATIENCE_S)
    assert await shards.caught_up(PATIENCE_S)
    assert await facts_of(shards, 105) == before


async def test_an_item_liked_right_now_becomes_popular(shards, bus):
    event = counters_of(135, shards.generation, likes_week=100)
    await bus.publish(item_counters(SHARDS), event, key=135, timeout_s=PATIENCE_S)
    assert await shards.caught_up(PATIENCE_S)
    assert 135 in await found(shards, SearchPart(PartKind.POPULAR, 1))


async def test_what_becomes_popular_after_a_search_is_found_by_the_next(shards, bus):
    for item_id, likes in ((135, 100), (133, 200)):
        event = counters_of(item_id, shards.generation, likes_week=likes)
        await bus.publish(item_counters(SHARDS), event, key=item_id, timeout_s=PATIENCE_S)
        assert await shards.caught_up(PATIENCE_S)
        assert item_id in await found(shards, SearchPart(PartKind.POPULAR, 1))


async def test_a_restart_replays_the_bus(tell, open_again):
    await tell(500, a_published_item(500))
    again = await open_again()
    assert 500 in await found(again, SearchPart(PartKind.FRESH, 100))
