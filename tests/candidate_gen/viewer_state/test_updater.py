"""From the bus to the state of the next request, over a real log and a real store."""

import dataclasses

import pytest

from candidate_gen.viewer_state.keys import JOURNAL, viewer_key
from candidate_gen.viewer_state.states import open_viewer_states
from candidate_gen.viewer_state.updater import ViewerStateUpdater, owned_partitions
from generation.manifest import Manifest
from protos import events_pb2 as pb
from serving.bus.topics import ACTIONS, partition_of
from serving.errors import StateUnavailableError
from serving.state.damaged_record import set_aside_key
from serving.state.offset_journal import checkpoint_key
from serving.state.rocksdb_state_store import RocksDbStateStore
from serving.state.state_store import Update
from tests.candidate_gen.viewer_state.actions import NOON_MS, an_event
from tests.candidate_gen.viewer_state.running import running
from tests.generation.tiny_generation import STRANGER, VIEWER, vocabulary, write_tiny_generation
from tests.serving.bus.logs import opened

PATIENCE_S = 20.0
PARTITIONS = [partition_of(VIEWER, 64), partition_of(STRANGER, 64)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_generation(tmp_path_factory.mktemp("generations"))


@pytest.fixture
def manifest(folder):
    return Manifest.read(folder)


@pytest.fixture
async def bus(tmp_path):
    bus = await opened(tmp_path / "bus")
    yield bus
    await bus.close()


@pytest.fixture
async def store(tmp_path):
    store = RocksDbStateStore(tmp_path / "state")
    yield store
    await store.close()


@pytest.fixture
def an_updater(bus, store, manifest):
    def build(manifest=manifest, store=store) -> ViewerStateUpdater:
        categories = vocabulary().categories
        return ViewerStateUpdater(bus, store, manifest, categories, PARTITIONS, restart_wait_s=0)

    return build


async def publish(bus, *events) -> None:
    for event in events:
        value = event.SerializeToString()
        await bus.publish(ACTIONS, value, key=event.viewer_id, timeout_s=PATIENCE_S)


async def apply_everything(updater) -> None:
    async with running(updater):
        assert await updater.caught_up(PATIENCE_S)
        assert set((await updater.lag()).values()) == {0}


async def test_what_was_published_is_in_the_next_state(bus, store, folder, manifest, an_updater):
    await publish(
        bus,
        an_event(pb.CLICK, 101, action_id="a", item_categories=["cars"], item_author_id=11),
        an_event(pb.LIKE, 102, action_id="b", viewer_id=STRANGER),
    )
    await apply_everything(an_updater())
    states = open_viewer_states(folder, manifest, store)
    state = await states.read(VIEWER, NOON_MS + 1)
    assert (state.clicks_5m, state.categories_5m) == (1, 1)
    assert state.positive_item_ids.tolist() == [101, 100, 105, 110]
    assert (await states.read(STRANGER, NOON_MS)).positive_item_ids.tolist() == [102]


async def test_a_restart_goes_on_where_the_last_one_stopped(
    bus, store, folder, manifest, an_updater
):
    await publish(bus, an_event(action_id="a"))
    await apply_everything(an_updater())
    await publish(bus, an_event(action_id="b"), an_event(action_id="a"))
    await apply_everything(an_updater())
    state = await open_viewer_states(folder, manifest, store).read(VIEWER, NOON_MS)
    assert state.totals[1] == 3 + 2


async def test_what_the_generation_already_covers_is_not_counted_again(
    bus, store, manifest, an_updater
):
    await publish(bus, an_event(action_id="a"), an_event(action_id="b"))
    covered = {"actions": {str(partition_of(VIEWER, 64)): 1}}
    newer = dataclasses.replace(manifest, bus_offsets=covered)
    await apply_everything(an_updater(manifest=newer))
    (stored,) = await store.read([checkpoint_key(JOURNAL, newer.name, PARTITIONS[0])])
    assert stored.version == 2
    assert newer.name != manifest.name


async def test_a_store_moved_by_somebody_else_makes_it_begin_again_there(
    bus, store, folder, manifest, an_updater
):
    updater = an_updater()
    await publish(bus, an_event(action_id="a"))
    async with running(updater):
        assert await updater.caught_up(PATIENCE_S)
        key = checkpoint_key(JOURNAL, manifest.name, PARTITIONS[0])
        await store.write([Update(key, b"", 1, 2)])
        await publish(bus, an_event(action_id="b"), an_event(action_id="c"))
        assert await updater.caught_up(PATIENCE_S)
    state = await open_viewer_states(folder, manifest, store).read(VIEWER, NOON_MS)
    assert state.totals[1] == 3 + 2


@pytest.mark.parametrize("is_there", [False, True])
async def test_a_damaged_record_is_set_aside_and_everybody_goes_on(
    bus, store, folder, manifest, an_updater, is_there
):
    key = viewer_key(manifest.name, VIEWER)
    aside = set_aside_key(key, 1)
    await store.write([Update(key, b"junk", 0, 1)])
    if is_there:
        await store.write([Update(aside, b"junk", 0, 1)])
    await publish(bus, an_event(action_id="a"), an_event(action_id="b", viewer_id=STRANGER))
    await publish(bus, an_event(action_id="c"))
    updater = an_updater()
    await apply_everything(updater)
    states = open_viewer_states(folder, manifest, store)
    assert (await states.read(VIEWER, NOON_MS)).totals[1] == 3 + 1  # "a" was in what is damaged
    assert (await states.read(STRANGER, NOON_MS)).totals[1] == 1
    (copy,) = await store.read([aside])
    assert copy.value == b"junk"
    assert updater.set_aside_count == (0 if is_there else 1)


class AwayAtFirst:
    """A store that fails its first reads."""

    def __init__(self, store, failures: int) -> None:
        self._store = store
        self._failures = failures

    async def read(self, keys):
        if self._failures:
            self._failures -= 1
            raise StateUnavailableError("away")
        return await self._store.read(keys)

    async def write(self, updates, *, all_or_none=False):
        return await self._store.write(updates, all_or_none=all_or_none)


async def test_a_store_that_is_away_at_start_is_waited_for(
    bus, store, folder, manifest, an_updater
):
    await publish(bus, an_event(action_id="a"))
    await apply_everything(an_updater(store=AwayAtFirst(store, 2)))
    state = await open_viewer_states(folder, manifest, store).read(VIEWER, NOON_MS)
    assert state.totals[1] == 3 + 1


def test_replicas_share_all_partitions_without_overlap():
    shares = [owned_partitions(replica, 3) for replica in range(3)]
    assert sorted(partition for share in shares for partition in share) == list(range(64))
