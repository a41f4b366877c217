"""Shards refuse to open what they cannot trust, and say which file it is."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ann_shards.service import open_shards
from generation.manifest import InvalidGenerationError, Manifest
from serving.bus.log_bus import LogBus
from serving.metrics_recorder import Metrics
from tests.serving.fixed_clock import FixedClock


@pytest.fixture
def copy(tiny: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny, tmp_path / tiny.name))


def open_from(folder: Path, bus: LogBus, numbers=(0, 1), manifest: Manifest | None = None):
    return open_shards(
        folder, manifest or Manifest.read(folder), numbers, bus, FixedClock(), Metrics()
    )


@pytest.mark.parametrize(
    "name", ["items.arrow", "item_rows.arrow", "index.faiss", "index.json", "authors.arrow"]
)
@pytest.mark.parametrize("damage", ["missing", "cut", "changed"])
def test_a_damaged_file_is_named(copy, bus, name, damage):
    path = copy / "shards" / "00001" / name
    contents = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(contents[:-1])
    else:
        path.write_bytes(contents[:-1] + bytes([contents[-1] ^ 1]))
    with pytest.raises(InvalidGenerationError, match=f"00001/{name}"):
        open_from(copy, bus)


def test_files_of_shards_held_elsewhere_are_not_read(copy, bus):
    (copy / "shards" / "00001" / "items.arrow").unlink()
    assert open_from(copy, bus, [0]).shard_numbers == [0]


def test_items_of_another_schema_are_refused(tiny, bus):
    manifest = replace(Manifest.read(tiny), item_schema="another")
    with pytest.raises(InvalidGenerationError, match="schema another"):
        open_from(tiny, bus, manifest=manifest)


def test_an_index_of_another_width_is_refused(tiny, bus):
    manifest = replace(Manifest.read(tiny), embedding_dim=32)
    with pytest.raises(InvalidGenerationError, match="64 dimensions, the manifest 32"):
        open_from(tiny, bus, manifest=manifest)


@pytest.mark.parametrize("numbers", [[], [2], [-1, 0]])
def test_shards_that_there_are_not_are_refused(tiny, bus, numbers):
    with pytest.raises(ValueError, match="the generation has 2"):
        open_from(tiny, bus, numbers)
