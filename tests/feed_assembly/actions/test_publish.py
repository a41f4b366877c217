import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed_assembly.batch_result import BatchResult
from feed_assembly.item_change import ItemChange
from feed_assembly.publish import MAX_ITEMS, ItemPublisher
from serving.deadline import Deadline
from serving.errors import InvalidRequestError
from tests.feed_assembly.actions.builders import PATIENT_MS, FakeLog, an_item
from tests.serving.fixed_clock import FixedClock


@pytest.fixture
def log() -> FakeLog:
    return FakeLog()


async def published(log: FakeLog, *items: ItemChange) -> BatchResult:
    publisher = ItemPublisher(log, FixedClock())
    return await publisher.publish_items(items, Deadline.after_ms(PATIENT_MS))


async def test_items_are_kept_in_the_order_given(log):
    items = [an_item(100, title="new"), an_item(100, change="delete"), an_item(101)]
    assert (await published(log, *items)).accepted_count == 3
    assert [(item.item_id, item.change) for item in log.kept] == [
        (100, "publish"),
        (100, "delete"),
        (101, "publish"),
    ]


async def test_one_bad_item_does_not_hold_up_the_others(log):
    result = await published(log, an_item(100), an_item(None), an_item(102))
    assert result.accepted_count == 2
    [error] = result.errors
    assert (error.index, error.status) == (1, "INVALID_ARGUMENT")
    assert error.message.startswith("items[1].item_id: required")


async def test_what_the_bus_did_not_take_is_unavailable(log):
    log.refused = {"lost"}
    result = await published(log, an_item(100, event_id="lost"), an_item(101))
    assert result.accepted_count == 1
    assert [(error.index, error.status) for error in result.errors] == [(0, "UNAVAILABLE")]


@pytest.mark.parametrize("count", [0, MAX_ITEMS + 1])
async def test_refuses_a_batch_out_of_bounds(log, count):
    with pytest.raises(InvalidRequestError, match=f"items: {count} given, need 1 to 500"):
        await published(log, *[an_item()] * count)


any_int64 = st.integers(-(2**63), 2**63 - 1)
items = st.builds(
    ItemChange,
    event_id=st.text(max_size=70),
    change=st.sampled_from(["publish", "delete", None]),
    item_id=st.none() | any_int64,
    author_id=st.none() | any_int64,
    created_ms=st.just(0) | any_int64,
    categories=st.lists(st.text(max_size=70), max_size=20).map(tuple),
    duration_ms=any_int64,
    visibility=st.sampled_from(["", "public", "group", "secret"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(items, min_size=1, max_size=20), st.booleans())
async def test_any_batch_is_answered_entry_by_entry(items, bus_is_away):
    log = FakeLog()
    log.is_away = bus_is_away
    result = await published(log, *items)
    assert result.accepted_count + len(result.errors) == len(items)
    assert result.accepted_count == len(log.kept)
