"""Every StateStore must pass these tests: a new one is an entry in `conftest.ADDRESSES`."""

import asyncio

from serving.state.open_state_store import open_state_store
from serving.state.state_store import MAX_VERSION, Update, Versioned
from tests.serving.state.conftest import PATIENT_MS


async def test_a_key_never_written_reads_as_none(store, prefix):
    assert await store.read([prefix + b"a"]) == [None]


async def test_reads_in_the_order_asked_repeats_included(store, prefix):
    a, b, missing = prefix + b"a", prefix + b"b", prefix + b"c"
    await store.write([Update(a, b"A", 0, 1), Update(b, b"B", 0, 2)])
    found = await store.read([b, missing, a, b])
    assert found == [Versioned(2, b"B"), None, Versioned(1, b"A"), Versioned(2, b"B")]


async def test_nothing_asked_is_nothing_answered(store):
    assert await store.read([]) == []
    assert await store.write([]) == []


async def test_a_stale_update_is_refused_and_changes_nothing(store, prefix):
    key = prefix + b"a"
    await store.write([Update(key, b"first", 0, 5)])
    assert await store.write([Update(key, b"late", 4, 9)]) == [False]
    assert await store.read([key]) == [Versioned(5, b"first")]


async def test_zero_expects_that_there_was_none(store, prefix):
    key = prefix + b"a"
    assert await store.write([Update(key, b"first", 0, 5)]) == [True]
    assert await store.write([Update(key, b"again", 0, 6)]) == [False]


async def test_an_update_of_a_missing_key_that_expects_a_version_is_stale(store, prefix):
    assert await store.write([Update(prefix + b"a", b"x", 3, 4)]) == [False]


async def test_each_update_succeeds_or_fails_on_its_own(store, prefix):
    a, b = prefix + b"a", prefix + b"b"
    await store.write([Update(a, b"A", 0, 5)])
    assert await store.write([Update(a, b"stale", 4, 6), Update(b, b"B", 0, 1)]) == [False, True]
    assert await store.read([a, b]) == [Versioned(5, b"A"), Versioned(1, b"B")]


async def test_all_or_none_writes_nothing_when_one_is_stale(store, prefix):
    a, b = prefix + b"a", prefix + b"b"
    await store.write([Update(a, b"A", 0, 5)])
    updates = [Update(b, b"B", 0, 1), Update(a, b"stale", 4, 6)]
    assert await store.write(updates, all_or_none=True) == [False, False]
    assert await store.read([a, b]) == [Versioned(5, b"A"), None]


async def test_all_or_none_writes_everything_when_none_is_stale(store, prefix):
    a, b = prefix + b"a", prefix + b"b"
    updates = [Update(b, b"B", 0, 1), Update(a, b"A", 0, 6)]
    assert await store.write(updates, all_or_none=True) == [True, True]
    assert await store.read([a, b]) == [Versioned(6, b"A"), Versioned(1, b"B")]


async def test_updates_of_one_key_follow_one_another(store, prefix):
    key = prefix + b"a"
    steps = [Update(key, b"1", 0, 1), Update(key, b"stale", 0, 2), Update(key, b"3", 1, 3)]
    assert await store.write(steps) == [True, False, True]
    assert await store.read([key]) == [Versioned(3, b"3")]


async def test_keeps_big_and_empty_values_and_any_bytes_in_keys(store, prefix):
    big, empty = prefix + b"\x00\xff\n big", prefix + b"\x00"
    value = bytes(range(256)) * 16_384
    await store.write([Update(big, value, 0, MAX_VERSION - 1), Update(empty, b"", 0, 1)])
    assert await store.read([big, empty]) == [Versioned(MAX_VERSION - 1, value), Versioned(1, b"")]


async def test_five_hundred_keys_in_one_call(store, prefix):
    keys = [prefix + b"%d" % number for number in range(500)]
    await store.write([Update(key, key, 0, 1) for key in keys])
    assert await store.read(keys) == [Versioned(1, key) for key in keys]


async def test_of_racing_updates_exactly_one_wins(store, prefix):
    key = prefix + b"a"
    racers = [store.write([Update(key, b"%d" % racer, 0, racer + 1)]) for racer in range(20)]
    applied = [flags[0] for flags in await asyncio.gather(*racers)]
    winner = applied.index(True)
    assert applied.count(True) == 1
    assert await store.read([key]) == [Versioned(winner + 1, b"%d" % winner)]


async def test_no_reader_sees_half_of_a_write(store, prefix):
    pair = [prefix + b"left", prefix + b"right"]

    async def write_pairs() -> None:
        for version in range(1, 101):
            await store.write([Update(key, b"%d" % version, version - 1, version) for key in pair])
            await asyncio.sleep(0)

    writing = asyncio.create_task(write_pairs())
    while not writing.done():
        left, right = await store.read(pair)
        assert left == right
        await asyncio.sleep(0)
    await writing
    assert await store.read(pair) == [Versioned(100, b"100")] * 2


async def test_what_was_written_is_there_after_reopening(address, prefix):
    key = prefix + b"a"
    first = open_state_store(address, timeout_ms=PATIENT_MS)
    await first.write([Update(key, b"kept", 0, 7)])
    await first.close()
    second = open_state_store(address, timeout_ms=PATIENT_MS)
    assert await second.read([key]) == [Versioned(7, b"kept")]
    await second.close()


async def test_answers_a_ping_and_counts_its_work(store, prefix):
    await store.ping()
    await store.write([Update(prefix + b"a", b"", 0, 1), Update(prefix + b"a", b"", 0, 2)])
    await store.read([prefix + b"a"])
    counters = store.counters
    assert (counters.reads, counters.writes, counters.conflicts, counters.failures) == (1, 1, 1, 0)
