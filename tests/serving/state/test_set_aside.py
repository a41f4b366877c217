"""A damaged overlay is renamed and begun anew; a locked or foreign one never is."""

import random
from pathlib import Path

import pytest
from rocksdict import Options, Rdict

from serving.errors import StateDamagedError, StateUnavailableError
from serving.state.rocksdb_state_store import RocksDbStateStore
from serving.state.set_aside import MAX_SET_ASIDE, open_or_rebuild
from serving.state.state_store import Update, Versioned


def a_value(number: int) -> bytes:
    """Bytes that do not compress, so that the middle of a data file is values."""
    return random.Random(number).randbytes(1_000)


def opened(directory: Path) -> RocksDbStateStore:
    return open_or_rebuild(directory, RocksDbStateStore)


async def written(directory: Path) -> None:
    """A store with data files."""
    store = RocksDbStateStore(directory)
    await store.write([Update(b"%04d" % n, a_value(n), 0, 1) for n in range(1_000)])
    await store.close()
    await RocksDbStateStore(directory).close()  # opening turns the log into a data file


def cut_manifest(directory: Path) -> None:
    (manifest,) = directory.glob("MANIFEST-*")
    manifest.write_bytes(manifest.read_bytes()[: manifest.stat().st_size // 2])


def lose_current(directory: Path) -> None:
    (directory / "CURRENT").unlink()


def lose_a_data_file(directory: Path) -> None:
    next(directory.glob("*.sst")).unlink()


def overwrite_manifest(directory: Path) -> None:
    (manifest,) = directory.glob("MANIFEST-*")
    manifest.write_bytes(b"\xff" * manifest.stat().st_size)


@pytest.mark.parametrize(
    "damage", [cut_manifest, lose_current, lose_a_data_file, overwrite_manifest]
)
async def test_a_damaged_store_is_set_aside_and_begun_anew(tmp_path, damage) -> None:
    directory = tmp_path / "state"
    await written(directory)
    damage(directory)
    before = {path.name for path in directory.glob("*.sst")}
    store = opened(directory)
    assert await store.read([b"0000"]) == [None]
    assert await store.write([Update(b"0000", b"new", 0, 1)]) == [True]
    await store.close()
    aside = tmp_path / "state.damaged-0"
    assert {path.name for path in aside.glob("*.sst")} == before, "people may want to look"


async def test_a_block_found_damaged_in_use_is_rebuilt_by_the_next_start(tmp_path) -> None:
    directory = tmp_path / "state"
    await written(directory)
    table = max(directory.glob("*.sst"), key=lambda path: path.stat().st_size)
    raw = bytearray(table.read_bytes())
    middle = len(raw) // 2
    raw[middle : middle + 2_000] = b"\xff" * 2_000
    table.write_bytes(raw)
    store = opened(directory)
    with pytest.raises(StateDamagedError, match="failed: Corruption"):
        await store.read([b"%04d" % number for number in range(1_000)])
    with pytest.raises(StateDamagedError, match="the next start rebuilds it"):
        await store.until_damaged()
    await store.close()
    again = opened(directory)
    assert await again.read([b"0000"]) == [None]
    await again.close()
    assert (tmp_path / "state.damaged-0").is_dir()


async def test_an_empty_directory_is_a_new_store(tmp_path) -> None:
    (tmp_path / "state").mkdir()
    store = opened(tmp_path / "state")
    assert await store.write([Update(b"a", b"", 0, 1)]) == [True]
    await store.close()


async def test_a_whole_store_is_left_alone(tmp_path) -> None:
    await written(tmp_path / "state")
    store = opened(tmp_path / "state")
    assert await store.read([b"0000"]) == [Versioned(1, a_value(0))]
    await store.close()
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


async def test_a_locked_store_is_refused_and_left_alone(tmp_path) -> None:
    owner = RocksDbStateStore(tmp_path / "state")
    with pytest.raises(StateUnavailableError, match="in use"):
        opened(tmp_path / "state")
    await owner.close()
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_another_programs_store_is_refused_and_left_alone(tmp_path) -> None:
    other = Rdict(str(tmp_path / "state"), Options(raw_mode=True))
    other[b"a"] = b"theirs"
    other.close()
    with pytest.raises(StateUnavailableError, match="not made by this program"):
        opened(tmp_path / "state")
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


async def test_a_disk_that_damages_again_and_again_stops_the_start(tmp_path) -> None:
    directory = tmp_path / "state"
    for _ in range(MAX_SET_ASIDE):
        await written(directory)
        cut_manifest(directory)
        await opened(directory).close()
    await written(directory)
    cut_manifest(directory)
    with pytest.raises(StateDamagedError, match="check the disk"):
        opened(directory)
