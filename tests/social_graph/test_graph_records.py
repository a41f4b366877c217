"""What is remembered of the base, and when the overlay is asked."""

from collections.abc import Sequence

import pytest

from serving.state.rocksdb_state_store import RocksDbStateStore
from serving.state.state_store import Update, Versioned
from social_graph.graph_records import GraphRecords
from social_graph.overlaid_keys import OverlaidKeys
from social_graph.remembered_records import ENTRY_BYTES, RememberedRecords


class CountedBase:
    """Holds `old` under `a`, and counts who asks."""

    def __init__(self) -> None:
        self.asked: list[list[bytes]] = []

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        self.asked.append(list(keys))
        return [b"old" if key == b"a" else None for key in keys]


class CountedOverlay:
    """Holds `new` under what was written, and counts who asks."""

    def __init__(self) -> None:
        self.written: set[bytes] = set()
        self.asked: list[list[bytes]] = []

    async def read(self, keys: Sequence[bytes]) -> list[Versioned | None]:
        self.asked.append(list(keys))
        return [Versioned(1, b"new") if key in self.written else None for key in keys]


@pytest.fixture
def base() -> CountedBase:
    return CountedBase()


@pytest.fixture
def overlay() -> CountedOverlay:
    return CountedOverlay()


@pytest.fixture
def records(base: CountedBase, overlay: CountedOverlay) -> GraphRecords:
    return GraphRecords(base, overlay, overlaid=OverlaidKeys())


async def test_the_base_is_asked_once_for_what_is_there_and_for_what_is_not(records, base):
    for _ in range(2):
        assert await records.read([b"a", b"b"]) == [b"old", b""]
    assert await records.read([b"b", b"c", b"a"]) == [b"", b"", b"old"]
    assert base.asked == [[b"a", b"b"], [b"c"]]


async def test_the_overlay_is_asked_only_for_what_was_written(records, overlay):
    assert await records.read([b"a"]) == [b"old"]
    assert overlay.asked == []
    records.note_overlaid([b"a"])
    assert await records.read([b"b", b"a"]) == [b"", b"old"]
    overlay.written.add(b"a")
    assert await records.read([b"b", b"a"]) == [b"", b"new"]
    assert overlay.asked == [[b"a"], [b"a"]]


async def test_a_record_of_which_nobody_said_anything_is_looked_for_in_both(base, overlay):
    overlay.written.add(b"a")
    assert await GraphRecords(base, overlay).read([b"a", b"b"]) == [b"new", b""]


def test_only_the_latest_are_remembered():
    remembered = RememberedRecords(4 * ENTRY_BYTES)
    for key in (b"a", b"b", b"c"):  # the third fills a half
        remembered.keep(key, b"")
    assert remembered.find([b"b"]) == [b""]  # so it is among the latest again
    for key in (b"d", b"e", b"f"):
        remembered.keep(key, b"")
    assert remembered.find([b"a", b"b", b"d", b"f"]) == [None, b"", b"", b""]


async def test_a_store_tells_its_keys_by_prefix(tmp_path):
    store = RocksDbStateStore(tmp_path)
    await store.write([Update(key, b"", 0, 1) for key in (b"Fa", b"Ga", b"Gb", b"H")])
    assert store.keys(b"G") == [b"Ga", b"Gb"]
    assert store.keys(b"x") == []
    await store.close()
