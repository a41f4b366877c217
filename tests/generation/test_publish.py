from pathlib import Path

import pytest

from generation import layout
from generation.manifest import InvalidGenerationError, Manifest, verify
from generation.publish import current, make_current
from tests.generation.tiny_generation import write_tiny_generation


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A generation whose files may be damaged."""
    folder = write_tiny_generation(tmp_path)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


def test_what_is_whole_stays(built):
    (built / "mark").touch()
    assert write_tiny_generation(built.parent) == built
    assert (built / "mark").exists()
    assert {path.name for path in built.parent.iterdir()} == {built.name, layout.CURRENT}


@pytest.mark.parametrize("damage", ["changed", "cut", "missing", "no manifest"])
def test_what_is_damaged_is_set_aside_and_replaced(built, damage):
    path = built / layout.VOCABULARY
    raw = bytearray(path.read_bytes())
    if damage == "changed":
        raw[len(raw) // 2] ^= 1
        path.write_bytes(raw)
    elif damage == "cut":
        path.write_bytes(raw[:-1])
    else:
        (path if damage == "missing" else built / layout.MANIFEST).unlink()
    assert write_tiny_generation(built.parent) == built
    verify(built, Manifest.read(built))
    assert (built.parent / f"{built.name}.damaged-1").is_dir()


def test_what_was_set_aside_before_is_kept(built):
    for number in (1, 2):
        (built / layout.VOCABULARY).chmod(0o644)
        (built / layout.VOCABULARY).write_text("damaged")
        write_tiny_generation(built.parent)
        assert (built.parent / f"{built.name}.damaged-{number}").is_dir()


def test_what_is_set_aside_cannot_be_put_into_service(built):
    (built / layout.VOCABULARY).write_text("damaged")
    write_tiny_generation(built.parent)
    make_current(built.parent, built.name)
    assert current(built.parent) == built
    with pytest.raises(InvalidGenerationError, match="holds the manifest of"):
        make_current(built.parent, f"{built.name}.damaged-1")
