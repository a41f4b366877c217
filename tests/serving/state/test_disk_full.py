"""A disk that is full: writes are refused, reads go on, and writes come back with the room.

The limit on the size of files stands in for the disk: what lies beyond it cannot be written.
"""

import asyncio
import errno
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from serving.disk_room import TRIAL_NAME, has_room
from serving.errors import StateDamagedError, StateUnavailableError
from serving.state import rocksdb_handle
from serving.state.rocksdb_handle import RocksDbHandle
from serving.state.rocksdb_state_store import RocksDbStateStore
from serving.state.state_store import Update, Versioned

FULL_BYTES = 200_000
VALUE = b"v" * 1_000
PATIENCE_S = 20.0


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process grows beyond `FULL_BYTES` meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_BYTES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def fill(store: RocksDbStateStore) -> int:
    """Write key after key until it is refused; how many were acknowledged."""
    for number in range(1_000):
        try:
            await store.write([Update(b"%d" % number, VALUE, 0, 1)])
        except StateUnavailableError:
            return number
    raise AssertionError("the disk was never full")


@pytest.fixture
def store(tmp_path: Path) -> RocksDbStateStore:
    return RocksDbStateStore(tmp_path / "state", upkeep_interval_s=0.02)


async def until_written(store: RocksDbStateStore) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await store.write([Update(b"after", VALUE, 0, 1)])
            except StateUnavailableError:
                await asyncio.sleep(0.02)
            else:
                return


async def test_writes_are_refused_and_reads_go_on(store) -> None:
    with full_disk():
        kept = await fill(store)
        with pytest.raises(StateUnavailableError, match="takes no writes"):
            await store.write([Update(b"more", VALUE, 0, 1)])
        assert await store.read([b"0", b"more"]) == [Versioned(1, VALUE), None]
    assert kept > 50
    await store.close()


async def test_it_heals_by_itself_once_there_is_room(store) -> None:
    with full_disk():
        kept = await fill(store)
    await until_written(store)
    found = await store.read([b"%d" % number for number in range(kept)])
    assert found == [Versioned(1, VALUE)] * kept
    await store.close()


async def test_of_a_write_of_several_keys_none_is_half_done(store, tmp_path) -> None:
    with full_disk():
        kept = 0
        while True:
            batch = [Update(b"%d/%d" % (kept, part), VALUE, 0, 1) for part in range(10)]
            try:
                await store.write(batch, all_or_none=True)
            except StateUnavailableError:
                break
            kept += 1
    await store.close()
    again = RocksDbStateStore(tmp_path / "state")
    for number in range(kept + 1):
        found = await again.read([b"%d/%d" % (number, part) for part in range(10)])
        assert len({record is None for record in found}) == 1
        assert number == kept or found[0] is not None, "acknowledged means kept"
    await again.close()


async def test_while_it_is_full_the_store_is_not_closed(store) -> None:
    with full_disk():
        await fill(store)
        for _ in range(10):
            await asyncio.sleep(0.03)  # several upkeeps go by
            assert await store.read([b"0"]) == [Versioned(1, VALUE)]
    await store.close()


async def test_what_nobody_foresaw_does_not_end_the_upkeep(store, monkeypatch) -> None:
    handle = type(store._database)
    heal, surprises = handle.heal, [OSError("read-only file system")] * 3

    def healed(self: RocksDbHandle) -> None:
        if surprises:
            raise surprises.pop()
        heal(self)

    monkeypatch.setattr(handle, "heal", healed)
    with full_disk():
        await fill(store)
    await until_written(store)
    assert not surprises
    await store.close()


async def test_damage_that_opening_anew_meets_is_told(store, monkeypatch) -> None:
    def damaged(_directory: Path) -> None:
        raise StateDamagedError("block checksum mismatch")

    monkeypatch.setattr(rocksdb_handle, "open_directory", damaged)
    with full_disk():
        await fill(store)
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(StateDamagedError):
            await store.until_damaged()
    await store.close()


def test_a_disk_that_became_read_only_has_no_room(tmp_path, monkeypatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "read-only file system")

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    assert not has_room(tmp_path)


def test_looking_for_room_leaves_nothing_behind(tmp_path) -> None:
    assert has_room(tmp_path)
    with full_disk():
        assert not has_room(tmp_path)
    assert not (tmp_path / TRIAL_NAME).exists()
