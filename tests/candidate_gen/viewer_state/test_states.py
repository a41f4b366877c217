"""What a request learns of a viewer: the tiny generation's base and an overlay, merged."""

import numpy as np
import pytest

from candidate_gen.viewer_state.keys import viewer_key
from candidate_gen.viewer_state.record import pack
from candidate_gen.viewer_state.states import open_viewer_states
from candidate_gen.viewer_state.viewer import Profile
from generation import layout
from generation.item_columns import EMBEDDING_DIM
from generation.manifest import InvalidGenerationError, Manifest
from serving.errors import StateUnavailableError
from serving.state.rocksdb_state_store import RocksDbStateStore
from serving.state.state_store import Update
from tests.candidate_gen.viewer_state.actions import (
    DAY_MS,
    MINUTE_MS,
    NOON_MS,
    a_record,
    an_action,
)
from tests.generation.tiny_generation import (
    QUIET_VIEWER,
    STRANGER,
    VIEWER,
    write_tiny_generation,
)

AXES = np.eye(5, EMBEDDING_DIM, dtype=np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_generation(tmp_path_factory.mktemp("generations"))


@pytest.fixture
async def store(tmp_path):
    store = RocksDbStateStore(tmp_path / "state")
    yield store
    await store.close()


@pytest.fixture
def manifest(folder):
    return Manifest.read(folder)


@pytest.fixture
def states(folder, manifest, store):
    return open_viewer_states(folder, manifest, store)


@pytest.fixture
def overlay(store, manifest):
    async def write(viewer_id, *actions):
        key = viewer_key(manifest.name, viewer_id)
        await store.write([Update(key, pack(a_record(*actions)), 0, 1)])

    return write


def counted(keys, impressions, positives):
    pairs = zip(impressions.tolist(), positives.tolist(), strict=True)
    return dict(zip(keys.tolist(), pairs, strict=True))


async def test_a_viewer_without_overlay_is_the_base(states):
    state = await states.read(VIEWER, NOON_MS)
    assert state.profile == Profile(1, 1, NOON_MS - 100 * DAY_MS, False)
    assert state.totals.tolist() == [20, 3, 3, 0, 0, 60, 20]
    assert state.positive_item_ids.tolist() == [100, 105, 110]
    assert sorted(state.seen_item_ids.tolist()) == [100, 105, 110, 111]
    assert (state.clicks_5m, state.views_5m, state.categories_5m) == (0, 0, 0)


async def test_what_the_bus_added_is_added(states, overlay):
    await overlay(
        VIEWER,
        an_action("impression", 101, author_id=11, category_codes=(2,), value=4_000),
        an_action("like", 101, author_id=11, category_codes=(2,)),
        an_action("like", 105, author_id=15, category_codes=(1,), occurred_ms=NOON_MS + 1),
    )
    state = await states.read(VIEWER, NOON_MS + 1)
    assert state.totals.tolist() == [21, 3, 5, 0, 0, 64, 21]
    assert state.totals.dtype == np.float32
    assert state.last_action_ms == NOON_MS + 1
    assert state.positive_item_ids.tolist() == [105, 101, 100, 110]
    assert sorted(state.seen_item_ids.tolist()) == [100, 101, 105, 110, 111]
    categories = (state.category_codes, state.category_impressions, state.category_positives)
    assert counted(*categories) == {1: (15, 4), 2: (6, 1)}
    assert state.category_codes.dtype == np.int32
    assert counted(state.author_ids, state.author_impressions, state.author_positives) == {
        10: (4, 1),
        11: (1, 1),
        15: (2, 2),
    }


async def test_a_dwell_without_end_in_an_old_record_is_a_day_for_each_that_was_told(
    states, overlay
):
    await overlay(STRANGER, *(an_action("impression", 101, value=1e300) for _ in range(2)))
    state = await states.read(STRANGER, NOON_MS)
    assert state.totals.tolist() == [2, 0, 0, 0, 0, 2 * 86_400, 2]


@pytest.mark.parametrize("kind", ["unlike", "hide"])
async def test_a_withdrawn_positive_of_the_base_is_gone(states, overlay, kind):
    await overlay(VIEWER, an_action(kind, 100))
    state = await states.read(VIEWER, NOON_MS)
    assert state.positive_item_ids.tolist() == [105, 110]


async def test_seen_items_are_forgotten_after_fourteen_days_but_positives_stay(states, overlay):
    await overlay(VIEWER, an_action("like", 120, occurred_ms=NOON_MS))
    later = await states.read(VIEWER, NOON_MS + 14 * DAY_MS)
    assert later.seen_item_ids.tolist() == [120]
    latest = await states.read(VIEWER, NOON_MS + 14 * DAY_MS + 1_000)
    assert latest.seen_item_ids.tolist() == []
    assert latest.positive_item_ids.tolist() == [120, 100, 105, 110]


async def test_five_minute_windows_end_before_the_request_as_in_training(states, overlay):
    first_ms, last_ms = NOON_MS - 5 * MINUTE_MS, NOON_MS - 1
    await overlay(
        VIEWER,
        an_action("click", 1, occurred_ms=first_ms - 1, category_codes=(1,)),
        an_action("click", 2, occurred_ms=first_ms, category_codes=(2, 5)),
        an_action("click", 3, occurred_ms=last_ms, category_codes=(2,)),
        an_action("click", 4, occurred_ms=last_ms, category_codes=(3,)),
        an_action("click", 5, occurred_ms=last_ms),
        an_action("impression", 6, occurred_ms=last_ms, category_codes=(4,)),
        an_action("click", 7, occurred_ms=NOON_MS, category_codes=(5,)),
    )
    state = await states.read(VIEWER, NOON_MS)
    assert (state.clicks_5m, state.views_5m, state.categories_5m) == (4, 1, 2)


def habit_of(state):
    return state.items_seen, state.recent_seen, state.recent_positives


async def test_what_was_seen_and_liked_of_late_is_counted_over_base_and_overlay(states, overlay):
    assert habit_of(await states.read(VIEWER, NOON_MS)) == (4, 4, 3)
    await overlay(
        VIEWER,
        an_action("impression", 100),
        an_action("impression", 101),
        an_action("like", 102),
        an_action("unlike", 105),
    )
    assert habit_of(await states.read(VIEWER, NOON_MS)) == (6, 6, 3)
    assert habit_of(await states.read(VIEWER, NOON_MS + 99 * DAY_MS)) == (6, 6, 3)


@pytest.mark.parametrize(("seen_since", "expected"), [(46, (50, 50, 3)), (96, (100, 50, 0))])
async def test_only_the_fifty_items_seen_last_say_what_is_liked_of_late(
    states, overlay, seen_since, expected
):
    await overlay(VIEWER, *(an_action("impression", item) for item in range(1, seen_since + 1)))
    assert habit_of(await states.read(VIEWER, NOON_MS)) == expected


async def test_an_unknown_viewer_is_cold_and_fine(states):
    state = await states.read(STRANGER, NOON_MS)
    assert not state.has_vector
    assert state.vector.tolist() == AXES[0].tolist()
    assert state.cluster_vectors.shape == (0, EMBEDDING_DIM)
    assert len(state.positive_item_ids) == len(state.seen_item_ids) == 0
    assert state.totals.tolist() == [0] * 7


async def test_a_viewer_only_the_bus_knows_has_a_state(states, overlay):
    await overlay(STRANGER, an_action("impression", 101))
    state = await states.read(STRANGER, NOON_MS)
    assert state.seen_item_ids.tolist() == [101]


async def test_three_positives_make_a_vector_of_the_viewers_own(states, overlay):
    await overlay(QUIET_VIEWER, *(an_action("like", item) for item in (101, 106)))
    assert not (await states.read(QUIET_VIEWER, NOON_MS)).has_vector
    await overlay(STRANGER, *(an_action("like", item) for item in (101, 106, 111)))
    state = await states.read(STRANGER, NOON_MS)
    assert state.has_vector
    assert int(np.argmax(state.vector)) == 1
    np.testing.assert_allclose(state.cluster_vectors, AXES[[1]])


async def test_positives_without_a_vector_do_not_count_as_taste(states, overlay):
    await overlay(STRANGER, *(an_action("like", item) for item in (132, 133, 134)))
    state = await states.read(STRANGER, NOON_MS)
    assert not state.has_vector
    assert len(state.cluster_vectors) == 0


async def test_a_new_taste_moves_the_stored_vector(states, overlay):
    before = (await states.read(VIEWER, NOON_MS)).vector
    assert before[0] > 0
    assert before[2] == 0
    await overlay(VIEWER, *(an_action("like", item) for item in (102, 107, 112)))
    after = (await states.read(VIEWER, NOON_MS)).vector
    assert after[2] > 0
    assert after[0] > 0


async def test_cold_starts_from_the_named_place(states):
    state = states.cold(2, 1)
    assert state.profile == Profile(2, 1)
    assert state.vector.tolist() == AXES[0].tolist()


class MeansAsPlaces:
    """Vectors are where the mean is of: axis 0 region, axis 1 language."""

    def of(self, region: int, language: int):
        return region * AXES[0] + language * AXES[1]


@pytest.mark.parametrize(("viewer_id", "place"), [(STRANGER, [2, 2]), (QUIET_VIEWER, [2, 1])])
async def test_the_request_says_whose_mean_it_is_where_the_profile_does_not(
    states, overlay, monkeypatch, viewer_id, place
):
    monkeypatch.setattr(states._vectorizer, "_means", MeansAsPlaces())
    assert (await states.read(viewer_id, NOON_MS, 2, 2)).vector[:2].tolist() == place
    await overlay(viewer_id, an_action("click", 101))
    assert (await states.read(viewer_id, NOON_MS, 2, 2)).vector[:2].tolist() == place


async def test_a_damaged_record_is_an_unavailable_state_not_an_empty_one(states, store, manifest):
    await store.write([Update(viewer_key(manifest.name, VIEWER), b"junk", 0, 1)])
    with pytest.raises(StateUnavailableError, match="viewer 1"):
        await states.read(VIEWER, NOON_MS)


async def test_another_generations_overlay_is_not_read(states, store):
    await store.write([Update(viewer_key("other", VIEWER), pack(a_record(an_action())), 0, 1)])
    assert (await states.read(VIEWER, NOON_MS)).totals[1] == 3


@pytest.mark.parametrize("name", [layout.VIEWERS, layout.VECTORS_GRAM])
def test_a_changed_file_is_refused_by_name(tmp_path, store, name):
    folder = write_tiny_generation(tmp_path)
    contents = bytearray((folder / name).read_bytes())
    contents[len(contents) // 2] ^= 1
    (folder / name).write_bytes(contents)
    with pytest.raises(InvalidGenerationError, match=name):
        open_viewer_states(folder, Manifest.read(folder), store)
