import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from rocksdict import Options, Rdict

from serving.errors import StateUnavailableError
from serving.state.rocksdb_state_store import RocksDbStateStore
from serving.state.state_store import Update, Versioned

NOON_MS = 1_750_000_000_000


class HandClock:
    """A clock that moves only when told to, in Unix milliseconds."""

    def __init__(self) -> None:
        self.now_ms = NOON_MS

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
async def store(tmp_path, clock):
    store = RocksDbStateStore(tmp_path / "state", clock_ms=clock)
    yield store
    await store.close()


async def test_a_key_is_gone_at_its_expiry_and_not_before(store, clock):
    await store.write([Update(b"a", b"A", 0, 1, ttl_s=2)])
    clock.now_ms += 1_999
    assert await store.read([b"a"]) == [Versioned(1, b"A")]
    clock.now_ms += 1
    assert await store.read([b"a"]) == [None]


async def test_an_expired_key_counts_as_missing_when_writing(store, clock):
    await store.write([Update(b"a", b"A", 0, 9, ttl_s=1)])
    clock.now_ms += 1_000
    assert await store.write([Update(b"a", b"again", 0, 1)]) == [True]
    assert await store.read([b"a"]) == [Versioned(1, b"again")]


async def test_a_write_without_expiry_takes_it_away(store, clock):
    await store.write([Update(b"a", b"A", 0, 1, ttl_s=1)])
    await store.write([Update(b"a", b"kept", 1, 2)])
    clock.now_ms += 10_000
    assert await store.read([b"a"]) == [Versioned(2, b"kept")]


async def test_the_sweep_removes_expired_keys_and_nothing_else(store, clock):
    short = [Update(b"short/%d" % number, b"", 0, 1, ttl_s=1) for number in range(3)]
    long = [Update(b"long", b"L", 0, 1, ttl_s=60), Update(b"always", b"A", 0, 1)]
    await store.write(short + long)
    assert await store.sweep() == 0
    clock.now_ms += 1_000
    assert await store.sweep() == 3
    assert await store.sweep() == 0
    assert await store.read([b"long", b"always"]) == [Versioned(1, b"L"), Versioned(1, b"A")]
    await store.ping()  # its own marker has no expiry either


async def test_what_is_written_anew_while_the_sweep_looks_stays(store, clock):
    await store.write([Update(b"a", b"old", 0, 1, ttl_s=1), Update(b"b", b"", 0, 1, ttl_s=1)])
    clock.now_ms += 1_000
    sweeping = asyncio.create_task(store.sweep())
    await asyncio.sleep(0)
    store._executor.submit(lambda: None).result()  # it has looked, and not removed anything yet
    await store.write([Update(b"a", b"new", 0, 1)])
    assert await sweeping == 1
    assert await store.read([b"a", b"b"]) == [Versioned(1, b"new"), None]


async def test_sweeps_are_bounded_and_go_round(store, clock):
    await store.write([Update(b"%03d" % number, b"", 0, 1, ttl_s=1) for number in range(100)])
    clock.now_ms += 1_000
    removed = [await store.sweep(max_keys=30) for _ in range(5)]
    assert max(removed) == 30
    assert sum(removed) == 100


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  there is nothing that could set an event
            await asyncio.sleep(0)


async def test_upkeep_sweeps_unasked(tmp_path, clock):
    store = RocksDbStateStore(tmp_path, clock_ms=clock, upkeep_interval_s=0.001)
    await store.write([Update(b"a", b"", 0, 1, ttl_s=1), Update(b"b", b"", 0, 1)])
    clock.now_ms += 1_000
    await until(lambda: store._database.get([b"a"]) == [None])
    await store.close()
    plain = Rdict(str(tmp_path), Options(raw_mode=True))
    assert list(plain.keys()) == [b"\x00feedrank", b"b"]
    plain.close()


async def test_failing_upkeep_is_counted_and_goes_on(tmp_path, clock):
    store = RocksDbStateStore(tmp_path, clock_ms=clock, upkeep_interval_s=0.001)
    (tmp_path / "CURRENT").rename(tmp_path / "elsewhere")
    await store.write([Update(b"a", b"", 0, 1)])
    await until(lambda: store.counters.failures >= 2)
    (tmp_path / "elsewhere").rename(tmp_path / "CURRENT")
    await store.close()


async def test_the_reserved_key_is_refused(store):
    with pytest.raises(ValueError, match="reserved"):
        await store.write([Update(b"\x00feedrank", b"", 0, 1)])


async def test_a_closed_store_says_so(tmp_path):
    store = RocksDbStateStore(tmp_path)
    await store.close()
    await store.close()
    with pytest.raises(StateUnavailableError, match="closed"):
        await store.read([b"a"])
    assert store.counters.failures == 1


WRITER = """
import asyncio, sys
from pathlib import Path
from serving.state.rocksdb_state_store import RocksDbStateStore
from serving.state.state_store import Update

async def write_for_ever():
    store = RocksDbStateStore(Path(sys.argv[1]))
    for version in range(1, 10**9):
        await store.write([Update(b"a", b"%d" % version, version - 1, version)])
        print(version, flush=True)

asyncio.run(write_for_ever())
"""


def kill_a_writer(directory: Path) -> int:
    """Let another process write, kill it, and return the last version it said was written."""
    command = [sys.executable, "-c", WRITER, str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        acknowledged = [int(writer.stdout.readline()) for _ in range(200)]
        with pytest.raises(StateUnavailableError, match="is in use"):
            RocksDbStateStore(directory)
        writer.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in writer.stdout.read().split("\n")[:-1]]
    return max(acknowledged)


async def test_acknowledged_writes_survive_a_killed_process(tmp_path):
    acknowledged = await asyncio.to_thread(kill_a_writer, tmp_path)
    store = RocksDbStateStore(tmp_path)
    (kept,) = await store.read([b"a"])
    assert kept.version >= acknowledged
    assert kept.value == b"%d" % kept.version
    await store.close()


async def test_warm_reads_may_stay_on_the_event_loop(store):
    keys = [b"%04d" % number for number in range(1000)]
    await store.write([Update(key, b"x" * 4_000, 0, 1) for key in keys])

    async def p90_ms() -> float:
        taken = []
        for first in range(0, 990):
            began = time.perf_counter()
            await store.read(keys[first : first + 10])
            taken.append((time.perf_counter() - began) * 1000)
        return float(np.percentile(taken, 90))

    # The best of three, because the machine's other work is not what is measured.
    assert min([await p90_ms() for _ in range(3)]) < 0.5
