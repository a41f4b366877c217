"""Positions grow whatever bus is read, and a bus that was left is gone on with on return."""

import pytest

from serving.errors import PreconditionError
from serving.state import bus_epoch
from serving.state.bus_epoch import BusEpoch, load_epoch
from serving.state.rocksdb_state_store import RocksDbStateStore
from serving.state.state_store import Versioned

KEY = b"o/x"
FIRST = 5


@pytest.fixture
async def store(tmp_path):
    store = RocksDbStateStore(tmp_path / "state")
    yield store
    await store.close()


async def on(store, bus_id: str) -> BusEpoch:
    return await load_epoch(store, "consumer", "generation", bus_id)


async def checkpoint(store):
    return (await store.read([KEY]))[0]


async def read_up_to(store, bus_id: str, offset: int, *, first: int = FIRST) -> int:
    """Apply messages up to `offset` of a bus; returns the offset that was begun at."""
    epoch = await on(store, bus_id)
    before = await checkpoint(store)
    begun = epoch.position(before, first) - epoch.base
    assert await store.write([epoch.moved(KEY, before, epoch.base + offset)]) == [True]
    return begun


async def test_on_the_first_bus_positions_are_offsets(store):
    assert (await on(store, "a")).base == 0
    assert await read_up_to(store, "a", 7) == FIRST
    assert (await checkpoint(store)).version == 7
    assert await read_up_to(store, "a", 9) == 7


async def test_another_bus_begins_where_the_generation_says_and_its_positions_are_greater(store):
    await read_up_to(store, "a", 1_000)
    assert await read_up_to(store, "b", 3, first=0) == 0
    assert (await checkpoint(store)).version > 1_000
    assert await read_up_to(store, "b", 4, first=0) == 3


async def test_a_bus_that_was_left_is_gone_on_with_on_return(store):
    await read_up_to(store, "a", 1_000)
    await read_up_to(store, "b", 3, first=0)
    assert await read_up_to(store, "a", 1_002) == 1_000
    assert await read_up_to(store, "a", 1_003) == 1_002
    assert await read_up_to(store, "b", 4, first=0) == 3


def test_a_checkpoint_only_moves_forward():
    with pytest.raises(ValueError, match="expected 42 and version 42"):
        BusEpoch(("a",)).moved(KEY, Versioned(42, b""), 42)


async def test_epochs_are_of_one_consumer_and_one_generation(store):
    await on(store, "a")
    assert (await load_epoch(store, "consumer", "newer", "b")).base == 0
    assert (await load_epoch(store, "other", "generation", "b")).base == 0
    assert (await on(store, "b")).bus_ids == ("a", "b")


async def test_two_installations_in_one_store_are_noticed(store, monkeypatch):
    monkeypatch.setattr(bus_epoch, "MAX_EPOCHS", 3)
    for bus_id in ("a", "b", "a"):
        await on(store, bus_id)
    with pytest.raises(PreconditionError, match="3 changes of the bus"):
        await on(store, "b")
