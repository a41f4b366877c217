"""A base is made once, used again if every byte is right, and never believed otherwise."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from generation import layout
from generation.arrow_file import write_table
from generation.graph_records import Kind, key, unpack
from generation.manifest import InvalidGenerationError, Manifest, entries_of
from social_graph import load
from social_graph.graph_base import open_base
from social_graph.load import BASE, BUILDING, load_base
from social_graph.sealed_folder import SEAL, DamagedBaseError

KEYS = 12


@pytest.fixture
def loaded(tiny: Path, manifest: Manifest, tmp_path: Path) -> Path:
    """A folder with a complete base, closed."""
    load_base(tiny, manifest, tmp_path).close()
    return tmp_path


def a_table(loaded: Path) -> Path:
    return max((loaded / BASE).glob("*.sst"), key=lambda path: path.stat().st_size)


def follows_of(base, viewer_id: int) -> list[int]:
    (value,) = base.get([key(Kind.FOLLOWS, viewer_id)])
    return [] if value is None else unpack(Kind.FOLLOWS, value)[0].tolist()


def test_every_record_of_the_generation_is_there(tiny, manifest, tmp_path):
    base = load_base(tiny, manifest, tmp_path)
    assert follows_of(base, 1) == [11, 10]
    assert follows_of(base, 11) == [1, 15]
    assert base.get([key(Kind.FOLLOWS, 2)]) == [None]
    base.close()


def test_the_second_start_uses_what_the_first_made(loaded, tiny, manifest):
    before = a_table(loaded).stat()
    load_base(tiny, manifest, loaded).close()
    after = a_table(loaded).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _flip(path: Path) -> None:
    contents = bytearray(path.read_bytes())
    contents[20] ^= 1
    path.write_bytes(contents)


def _cut_manifest(base: Path) -> None:
    path = next(base.glob("MANIFEST-*"))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _empty(base: Path) -> None:
    shutil.rmtree(base)
    base.mkdir()


DAMAGE = {
    "cut table": (lambda base: _cut(next(base.glob("*.sst"))), "bytes, the seal says"),
    "flipped bit": (lambda base: _flip(next(base.glob("*.sst"))), "SHA-256"),
    "lost table": (lambda base: next(base.glob("*.sst")).unlink(), "is missing"),
    "foreign table": (lambda base: (base / "999.sst").write_bytes(b"x"), "is not in the seal"),
    "cut manifest": (_cut_manifest, "MANIFEST"),
    "no CURRENT": (lambda base: (base / "CURRENT").unlink(), "CURRENT is missing"),
    "no seal": (lambda base: (base / SEAL).unlink(), "load was not finished"),
    "torn seal": (lambda base: _cut(base / SEAL), "is not a seal"),
    "empty folder": (_empty, "load was not finished"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_base_is_refused_by_name_and_made_anew(damage, loaded, tiny, manifest):
    do_damage, cause = DAMAGE[damage]
    do_damage(loaded / BASE)
    with pytest.raises(DamagedBaseError, match=cause):
        open_base(loaded / BASE, manifest.name, KEYS)
    base = load_base(tiny, manifest, loaded)
    assert follows_of(base, 1) == [11, 10]
    base.close()


def test_a_base_of_another_generation_or_key_count_is_refused(loaded, manifest):
    for generation, keys in (("0" * 12, KEYS), (manifest.name, KEYS + 1)):
        with pytest.raises(DamagedBaseError, match="was sealed for"):
            open_base(loaded / BASE, generation, keys)


@pytest.mark.parametrize("step", ["_write_table", "_ingest", "write_seal", "_sync"])
def test_a_load_interrupted_at_any_step_is_not_believed(
    step, tiny, manifest, tmp_path, monkeypatch
):
    def die(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(load, step, die)
    with pytest.raises(KeyboardInterrupt):
        load_base(tiny, manifest, tmp_path)
    assert (tmp_path / BUILDING).is_dir()
    assert not (tmp_path / BASE).exists()
    monkeypatch.undo()
    base = load_base(tiny, manifest, tmp_path)
    assert follows_of(base, 1) == [11, 10]
    assert not (tmp_path / BUILDING).exists()
    base.close()


def with_graph(manifest: Manifest, folder: Path, *parts: list[bytes]) -> Manifest:
    """A generation in `folder` that consists of these keys only."""
    rows = {}
    for number, keys in enumerate(parts):
        name = layout.GRAPH_PART.format(part=number)
        values = [np.zeros(1, "<i8").tobytes()] * len(keys)
        columns = {"key": pa.array(keys, pa.binary()), "value": pa.array(values, pa.binary())}
        rows[name] = write_table(folder / name, columns)
    return replace(manifest, files=entries_of(folder, rows))


@pytest.mark.parametrize(
    "parts",
    [
        ([key(Kind.BLOCKS, 2), key(Kind.BLOCKS, 1)],),
        ([key(Kind.BLOCKS, 1), key(Kind.BLOCKS, 1)],),
        ([key(Kind.MUTES, 1)], [key(Kind.BLOCKS, 1)]),
    ],
    ids=["descending", "twice", "parts swapped"],
)
def test_keys_out_of_order_are_refused(parts, manifest, tmp_path):
    odd = with_graph(manifest, tmp_path / "odd", *parts)
    with pytest.raises(InvalidGenerationError, match="follows"):
        load_base(tmp_path / "odd", odd, tmp_path / "home")


def test_parts_follow_one_another_and_may_be_empty(manifest, tmp_path):
    parts = ([], [key(Kind.BLOCKS, 1)], [], [key(Kind.MUTES, 1)])
    odd = with_graph(manifest, tmp_path / "odd", *parts)
    base = load_base(tmp_path / "odd", odd, tmp_path / "home")
    found = base.get([key(Kind.BLOCKS, 1), key(Kind.MUTES, 1), key(Kind.GROUPS, 1)])
    assert [value is not None for value in found] == [True, True, False]
    base.close()


def test_a_graph_without_any_record_is_a_graph(manifest, tmp_path):
    nobody = with_graph(manifest, tmp_path / "odd", [])
    for _start in range(2):
        base = load_base(tmp_path / "odd", nobody, tmp_path / "home")
        assert follows_of(base, 1) == []
        base.close()


def test_a_damaged_generation_is_named(tiny, manifest, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(tiny, copy)
    _flip(copy / layout.GRAPH_PART.format(part=0))
    with pytest.raises(InvalidGenerationError, match=r"part-00000.arrow differs"):
        load_base(copy, manifest, tmp_path / "home")


def test_a_generation_without_graph_files_is_refused(tiny, manifest, tmp_path):
    none = replace(manifest, files={})
    with pytest.raises(InvalidGenerationError, match="need consecutive parts"):
        load_base(tiny, none, tmp_path)
