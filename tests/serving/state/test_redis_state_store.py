import asyncio
import random
import time

import pytest
from redis.asyncio import Redis

from feedrank.real.ports import free_ports
from serving.errors import StateUnavailableError
from serving.state.circuit_breaker import CircuitBreaker
from serving.state.redis_state_store import MAX_CONNECTIONS, RedisStateStore
from serving.state.state_store import Update, Versioned
from tests.serving.state.conftest import PATIENT_MS
from tests.serving.state.test_circuit_breaker import HandClock

pytestmark = pytest.mark.redis
CAP_MS = 100
SLACK_MS = 500
"""For a busy machine; with the library's own retries a dead Redis takes more than four seconds."""


def a_patient_store(address, **settings):
    return RedisStateStore(
        address, timeout_ms=PATIENT_MS, connect_timeout_ms=PATIENT_MS, **settings
    )


@pytest.fixture
async def store(redis_server):
    store = a_patient_store(redis_server.address)
    yield store
    await store.close()


@pytest.fixture
async def client(redis_server):
    """A plain client, to see and to break what the store does."""
    client = Redis.from_url(redis_server.address)
    yield client
    await client.aclose()


async def failure_ms(call) -> float:
    """How long `call` takes to fail, in milliseconds."""
    began = time.perf_counter()
    with pytest.raises(StateUnavailableError):
        await call
    return (time.perf_counter() - began) * 1000


async def test_a_value_is_the_version_and_the_bytes(store, client):
    await store.write([Update(b"redis/layout", b"packed", 0, 258)])
    assert await client.get(b"redis/layout") == b"\0\0\0\0\0\0\1\2packed"


async def test_expiry_is_left_to_redis_and_goes_with_a_write_without_one(store, client):
    await store.write([Update(b"redis/ttl", b"", 0, 1, ttl_s=60)])
    assert 50_000 < await client.pttl(b"redis/ttl") <= 60_000
    await store.write([Update(b"redis/ttl", b"", 1, 2)])
    assert await client.pttl(b"redis/ttl") == -1


async def test_writes_when_redis_forgot_the_script(store, client):
    await store.write([Update(b"redis/script", b"", 0, 1)])
    await client.script_flush()
    assert await store.write([Update(b"redis/script", b"", 1, 2)]) == [True]
    assert store.counters.failures == 0


async def test_a_value_that_is_not_ours_is_named(store, client):
    await client.set(b"redis/foreign", b"short")
    with pytest.raises(StateUnavailableError, match=r"redis/foreign.* holds 5 bytes"):
        await store.read([b"redis/foreign"])


async def test_a_key_of_another_type_stops_the_whole_write(store, client):
    await client.lpush(b"redis/list", b"x")
    updates = [Update(b"redis/before", b"", 0, 1), Update(b"redis/list", b"", 0, 1)]
    with pytest.raises(StateUnavailableError, match="redis refused EVALSHA"):
        await store.write(updates)
    assert await store.read([b"redis/before"]) == [None]


async def test_random_cancels_never_give_a_wrong_reply(store):
    keys = [b"redis/cancel/%d" % number for number in range(50)]
    await store.write([Update(key, key, 0, 1) for key in keys])
    dice = random.Random(7)

    async def read_some() -> int:
        cancelled = 0
        for _ in range(400):
            asked = dice.sample(keys, 3)
            reading = asyncio.create_task(store.read(asked))
            for _ in range(dice.randrange(12)):
                await asyncio.sleep(0)
            if dice.random() < 0.5:
                reading.cancel()
            try:
                assert await reading == [Versioned(1, key) for key in asked]
            except asyncio.CancelledError:
                cancelled += 1
        return cancelled

    cancelled = sum(await asyncio.gather(*(read_some() for _ in range(20))))
    assert cancelled > 100  # else the test has tried nothing
    # No connection was lost on the way: as many calls as there are connections still get through.
    after = await asyncio.gather(*(store.read([keys[0]]) for _ in range(2 * MAX_CONNECTIONS)))
    assert after == [[Versioned(1, keys[0])]] * (2 * MAX_CONNECTIONS)


async def test_a_burst_wider_than_the_pool_is_served(redis_server):
    store = a_patient_store(redis_server.address, max_connections=4)
    await asyncio.gather(*(store.read([b"redis/burst"]) for _ in range(100)))
    assert store.counters.reads == 100
    await store.close()


async def test_a_hung_redis_costs_the_cap_and_not_more(own_redis):
    store = RedisStateStore(own_redis.address, timeout_ms=CAP_MS, connect_timeout_ms=CAP_MS)
    await store.ping()
    own_redis.pause()
    try:
        on_a_standing_connection = await failure_ms(store.read([b"a"]))
        connecting_anew = await failure_ms(store.read([b"a"]))
    finally:
        own_redis.resume()
    assert CAP_MS / 2 < on_a_standing_connection < CAP_MS + SLACK_MS
    assert connecting_anew < 2 * CAP_MS + SLACK_MS
    await store.close()


async def test_a_refused_port_fails_at_once():
    store = RedisStateStore(f"redis://127.0.0.1:{free_ports(1)[0]}/0")
    assert await failure_ms(store.read([b"a"])) < SLACK_MS
    await store.close()


async def test_the_breaker_opens_and_recovers(own_redis):
    clock = HandClock()
    breaker = CircuitBreaker(clock=clock)
    store = a_patient_store(own_redis.address, breaker=breaker)
    await store.write([Update(b"a", b"kept", 0, 1)])
    own_redis.kill()
    for _ in range(3):
        await failure_ms(store.read([b"a"]))
        clock.now += 0.1
    refused_ms = min([await failure_ms(store.read([b"a"])) for _ in range(20)])
    assert breaker.is_open
    assert refused_ms < 1
    await asyncio.to_thread(own_redis.start)
    await failure_ms(store.read([b"a"]))  # still open: half a second has not passed
    clock.now += 1
    assert await store.read([b"a"]) == [Versioned(1, b"kept")]
    assert not breaker.is_open
    await store.close()


async def test_acknowledged_writes_survive_a_killed_redis(own_redis):
    store = a_patient_store(own_redis.address)
    for version in range(1, 51):
        await store.write([Update(b"a", b"%d" % version, version - 1, version)])
    own_redis.kill()
    await asyncio.to_thread(own_redis.start)
    assert await store.read([b"a"]) == [Versioned(50, b"50")]
    assert await store.write([Update(b"a", b"51", 50, 51)]) == [True]  # the script was forgotten
    await store.close()


async def test_full_memory_refuses_writes_while_reads_go_on(own_redis):
    store = a_patient_store(own_redis.address)
    await store.write([Update(b"a", b"kept", 0, 1)])
    async with Redis.from_url(own_redis.address) as client:
        await client.config_set("maxmemory", "1")
        for _ in range(5):
            with pytest.raises(StateUnavailableError, match="redis refused EVALSHA: OutOfMemory"):
                await store.write([Update(b"b", b"", 0, 1)])
        assert await store.read([b"a", b"b"]) == [Versioned(1, b"kept"), None]
    await store.close()


async def test_the_error_does_not_repeat_the_library():
    port = free_ports(1)[0]
    store = RedisStateStore(f"redis://user:secret@127.0.0.1:{port}/0")
    with pytest.raises(StateUnavailableError) as caught:
        await store.ping()
    assert str(caught.value) == "redis did not answer: ConnectionError"
    await store.close()
