import asyncio

import pytest

from feed_assembly.session.session import RevocationChange, SessionRecord
from feed_assembly.session.session_codec import pack_session
from feed_assembly.session.session_store import SessionStore
from feed_assembly.session.session_writer import MAX_ATTEMPTS, MAX_ROUND_CHANGES
from feed_assembly.session.stored_sessions import KEPT_S, session_key
from serving.errors import StateUnavailableError
from serving.state.damaged_record import set_aside_key
from serving.state.rocksdb_state_store import RocksDbStateStore
from serving.state.state_store import Versioned
from tests.feed_assembly.memory_state import MemoryState
from tests.serving.fixed_clock import FixedClock
from tests.turns import counting_turns

NOON_MS = 1_750_000_000_000


def served(item_id: int):
    return lambda record: record.with_page([item_id], NOON_MS, ())


def served_ids(record: SessionRecord) -> list[int]:
    return record.served.item_ids_since(0).tolist()


@pytest.fixture
def state() -> MemoryState:
    return MemoryState()


@pytest.fixture
def sessions(state) -> SessionStore:
    return SessionStore(state, FixedClock(NOON_MS))


def another_process_serves(state: MemoryState, viewer_id: int, item_id: int) -> None:
    key = session_key(viewer_id)
    record = SessionRecord().with_page([item_id], NOON_MS, ())
    version = state.values[key].version if key in state.values else 0
    state.values[key] = Versioned(version + 1, pack_session(record))


async def test_a_viewer_never_heard_of_has_an_empty_record(sessions):
    assert served_ids((await sessions.find(0)).record) == []


async def test_a_change_is_kept_and_returned(sessions):
    assert served_ids(await sessions.update(0, served(7))) == [7]
    assert served_ids((await sessions.find(0)).record) == [7]


async def test_concurrent_changes_of_one_viewer_are_all_kept_in_few_writes(sessions, state):
    await asyncio.gather(*(sessions.update(1, served(item_id)) for item_id in range(50)))
    assert served_ids((await sessions.find(1)).record) == list(range(50))
    assert state.counters.writes <= 2


async def test_a_record_found_a_moment_ago_is_not_read_again(sessions, state):
    await sessions.update(1, served(7))
    found = await sessions.find(1)
    reads = state.counters.reads
    assert served_ids(await sessions.update(1, served(8), found)) == [7, 8]
    assert state.counters.reads == reads


async def test_a_record_changed_since_it_was_found_is_read_again(sessions, state):
    await sessions.update(1, served(7))
    found = await sessions.find(1)
    another_process_serves(state, 1, 9)
    assert served_ids(await sessions.update(1, served(8), found)) == [8, 9]
    assert served_ids((await sessions.find(1)).record) == [8, 9]


async def test_nothing_is_decided_by_a_record_that_is_out_of_date(sessions, state):
    found = await sessions.find(1)
    another_process_serves(state, 1, 9)
    seen: list[list[int]] = []

    def look(record: SessionRecord) -> SessionRecord:
        seen.append(served_ids(record))
        return record

    await sessions.update(1, look, found)
    assert seen == [[], [9]]


async def test_a_local_store_is_changed_within_the_call(tmp_path):
    state = RocksDbStateStore(tmp_path / "state")
    sessions = SessionStore(state, FixedClock(NOON_MS))
    change = sessions.update(1, served(7))
    with pytest.raises(StopIteration) as ended:
        change.send(None)  # it never gives way to others
    assert served_ids(ended.value.value) == [7]
    both = await asyncio.gather(
        sessions.update(1, served(8)), sessions.update_many({1: served(9)}, 5)
    )
    assert both[1] == {}
    assert sorted(served_ids((await sessions.find(1)).record)) == [7, 8, 9]
    await sessions.close()
    await state.close()


async def test_each_caller_gets_the_record_with_its_own_change(sessions):
    first, second = await asyncio.gather(
        sessions.update(1, served(7)), sessions.update(1, served(8))
    )
    assert served_ids(first) == [7]
    assert served_ids(second) == [7, 8]


async def test_a_change_is_applied_again_on_what_another_process_wrote(sessions, state):
    def write_once() -> None:
        state.before_write = lambda: None
        another_process_serves(state, 1, 99)

    state.before_write = write_once
    assert served_ids(await sessions.update(1, served(7))) == [7, 99]


async def test_gives_up_when_another_process_never_stops(sessions, state):
    state.before_write = lambda: another_process_serves(state, 1, 99)
    with pytest.raises(StateUnavailableError, match=f"changed {MAX_ATTEMPTS} times"):
        await sessions.update(1, served(7))
    assert state.counters.writes == MAX_ATTEMPTS


async def test_a_conflict_of_one_viewer_does_not_hold_up_another(sessions, state):
    state.before_write = lambda: another_process_serves(state, 1, 99)
    failures = await sessions.update_many({1: served(7), 2: served(8)}, timeout_s=5)
    assert list(failures) == [1]
    assert served_ids((await sessions.find(2)).record) == [8]


async def test_many_viewers_share_round_trips(sessions, state):
    viewers = range(MAX_ROUND_CHANGES)
    assert await sessions.update_many({v: served(v) for v in viewers}, timeout_s=5) == {}
    assert (state.counters.reads, state.counters.writes) == (1, 1)


async def test_others_get_their_turn_within_a_round(state, sessions):
    """Between eight records that are read, changed or packed."""
    async with counting_turns() as turns:
        await sessions.update_many({v: served(v) for v in range(MAX_ROUND_CHANGES)}, timeout_s=5)
    assert state.counters.writes == 1
    assert turns.count > 3 * MAX_ROUND_CHANGES / 8


async def test_what_nobody_waits_for_any_more_is_not_read(sessions, state):
    state.answers = asyncio.Event()
    first = asyncio.create_task(sessions.update(1, served(7)))
    for _ in range(3):
        await asyncio.sleep(0)  # its round has begun
    assert list(await sessions.update_many({2: served(8)}, timeout_s=0.01)) == [2]
    state.answers.set()
    await first
    await sessions.close()
    assert state.counters.reads == 1


async def test_a_store_that_is_away_fails_those_who_wait_and_not_those_after(sessions, state):
    state.is_away = True
    with pytest.raises(StateUnavailableError):
        await sessions.update(1, served(7))
    assert list(await sessions.update_many({1: served(7)}, timeout_s=5)) == [1]
    state.is_away = False
    assert served_ids(await sessions.update(1, served(8))) == [8]


async def test_a_slow_store_is_not_waited_for_and_what_was_given_up_is_left_undone(sessions, state):
    state.answers = asyncio.Event()
    failures = await sessions.update_many({1: served(7)}, timeout_s=0.01)
    assert "not written in 0.010 s" in str(failures[1])
    state.answers.set()
    await sessions.close()
    assert served_ids((await sessions.find(1)).record) == []


async def test_a_change_that_alters_nothing_writes_nothing(sessions, state):
    await sessions.update(1, lambda record: record)
    assert state.counters.writes == 0


async def test_a_change_that_raises_spoils_no_other(sessions):
    def broken(_record: SessionRecord) -> SessionRecord:
        raise ZeroDivisionError

    results = await asyncio.gather(
        sessions.update(1, broken), sessions.update(1, served(7)), return_exceptions=True
    )
    assert isinstance(results[0], ZeroDivisionError)
    assert served_ids((await sessions.find(1)).record) == [7]


async def test_a_damaged_record_is_read_as_lost(sessions, state):
    state.values[session_key(1)] = Versioned(3, b"damaged")
    record = (await sessions.find(1)).record
    assert record.lacks_blocks(NOON_MS)
    assert state.values[session_key(1)] == Versioned(3, b"damaged"), "reading changes nothing"


async def test_a_damaged_record_is_set_aside_by_the_next_change(sessions, state):
    state.values[session_key(1)] = Versioned(3, b"damaged")
    failures = await sessions.update_many({1: served(7), 2: served(8)}, timeout_s=5)
    assert failures == {}
    assert state.values[set_aside_key(session_key(1), 3)] == Versioned(3, b"damaged")
    record = (await sessions.find(1)).record
    assert served_ids(record) == [7]
    assert record.lacks_blocks(NOON_MS), "it goes on saying so"
    assert sessions.counters.set_aside == 1
    assert state.values[session_key(1)].version == 4


async def test_what_was_set_aside_is_not_set_aside_again(sessions, state):
    state.values[session_key(1)] = Versioned(3, b"damaged")
    await sessions.update(1, served(7))
    await sessions.update(1, served(8))
    assert sessions.counters.set_aside == 1
    assert [key for key in state.values if key.startswith(b"x/")] == [
        set_aside_key(session_key(1), 3)
    ]


def blocks(author_id: int):
    change = RevocationChange("blocked_authors", author_id, NOON_MS, True)
    return lambda record: record.with_changes([change], NOON_MS)


async def test_blocks_known_here_come_back_into_a_store_that_was_emptied(sessions, state):
    await sessions.update(1, blocks(12))
    state.values.clear()
    assert (await sessions.find(1)).record.excluded_author_ids.tolist() == [12]
    await sessions.update(1, blocks(13))
    another_replica = SessionStore(state, FixedClock(NOON_MS))
    assert (await another_replica.find(1)).record.excluded_author_ids.tolist() == [12, 13]
    assert sessions.counters.restored > 0


async def test_lists_are_not_taken_over_from_a_record_that_went_back(sessions, state):
    old = SessionRecord().with_stored_feeds([b"made before the block"])
    state.values[session_key(1)] = Versioned(1, pack_session(old))
    await sessions.update(1, blocks(12))
    state.values[session_key(1)] = Versioned(1, pack_session(old))
    record = (await sessions.find(1)).record
    assert record.stored_feeds == ()
    assert record.excluded_author_ids.tolist() == [12]


async def test_a_block_lifted_elsewhere_does_not_come_back(sessions, state):
    await sessions.update(1, blocks(12))
    another_replica = SessionStore(state, FixedClock(NOON_MS))
    lifted = RevocationChange("blocked_authors", 12, NOON_MS + 1, False)
    await another_replica.update(1, lambda record: record.with_changes([lifted], NOON_MS))
    assert (await sessions.find(1)).record.excluded_author_ids.tolist() == []
    assert sessions.last_known(1).excluded_author_ids.tolist() == []


async def test_what_is_known_is_there_while_the_store_is_away(sessions, state):
    await sessions.update(1, blocks(12))
    state.is_away = True
    assert sessions.last_known(1).excluded_author_ids.tolist() == [12]
    assert sessions.last_known(2).excluded_author_ids.tolist() == []


async def test_records_of_viewers_who_stay_away_expire(sessions, state):
    await sessions.update(1, served(7))
    assert state.ttl_s[session_key(1)] == KEPT_S


async def test_close_waits_for_changes_asked_for(sessions):
    change = RevocationChange("blocked_authors", 12, NOON_MS, True)
    asking = asyncio.create_task(
        sessions.update(1, lambda record: record.with_changes([change], NOON_MS))
    )
    await asyncio.sleep(0)
    await sessions.close()
    assert (await asking).excluded_author_ids.tolist() == [12]
