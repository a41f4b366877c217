from pathlib import Path

import pytest
from rocksdict import Options, Rdict

from serving.errors import StateUnavailableError
from serving.state.rocksdb_state_store import RocksDbStateStore
from serving.state.state_store import Update


async def test_a_locked_directory_is_named(tmp_path):
    owner = RocksDbStateStore(tmp_path)
    with pytest.raises(StateUnavailableError, match=f"{tmp_path} is in use"):
        RocksDbStateStore(tmp_path)
    await owner.close()


async def written(directory: Path) -> None:
    """Make a store with flushed data files."""
    store = RocksDbStateStore(directory)
    await store.write([Update(b"%04d" % number, b"x" * 1000, 0, 1) for number in range(1000)])
    await store.close()
    await RocksDbStateStore(directory).close()  # opening turns the log into a data file


def data_files(directory: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in directory.glob("*.sst")}


@pytest.mark.parametrize("kept_share", [0.0, 0.1, 0.4, 0.7, 0.95])
async def test_a_cut_manifest_is_refused_and_the_data_files_stay(tmp_path, kept_share):
    await written(tmp_path)
    (manifest,) = tmp_path.glob("MANIFEST-*")
    whole = manifest.read_bytes()
    manifest.write_bytes(whole[: int(len(whole) * kept_share)])
    before = data_files(tmp_path)
    with pytest.raises(StateUnavailableError, match=f"{tmp_path} is damaged: MANIFEST-"):
        RocksDbStateStore(tmp_path)
    assert before
    assert data_files(tmp_path) == before


async def test_a_manifest_of_an_empty_store_is_refused(tmp_path):
    """As when RocksDB opened a damaged directory elsewhere and found nothing."""
    await written(tmp_path)
    (tmp_path / "feedrank-manifest").unlink()
    emptied = Rdict(str(tmp_path), Options(raw_mode=True))
    emptied.delete(b"\x00feedrank")
    emptied.close()
    with pytest.raises(StateUnavailableError, match="its marker is None"):
        RocksDbStateStore(tmp_path)


async def test_data_files_without_a_store_are_refused(tmp_path):
    await written(tmp_path)
    (tmp_path / "CURRENT").unlink()
    before = data_files(tmp_path)
    with pytest.raises(StateUnavailableError, match="no CURRENT file"):
        RocksDbStateStore(tmp_path)
    assert data_files(tmp_path) == before


def test_a_directory_of_another_program_is_refused(tmp_path):
    other = Rdict(str(tmp_path), Options(raw_mode=True))
    other[b"a"] = b"theirs"
    other.close()
    with pytest.raises(StateUnavailableError, match="not made by this program"):
        RocksDbStateStore(tmp_path)
