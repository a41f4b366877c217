"""A missing or damaged generation: the server says which file and why, and does not start."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from feedrank.real.server_process import ServerStartError
from generation import layout
from generation.publish import current
from serving.process import CANNOT_START
from tests.integration.embedded_process import EmbeddedProcess
from tests.integration.small_world import SmallWorld

DAMAGED = ("shards/00000/index.faiss", "viewers/viewers.arrow", "models/ranker.onnx")
"""Each is read by another service."""


@pytest.fixture
def copied(world: SmallWorld, tmp_path: Path) -> Path:
    """A folder of generations to be damaged at will."""
    shutil.copytree(world.generations, tmp_path / "generations")
    return tmp_path / "generations"


def refusal(generations: Path, home: Path) -> str:
    """What `feedrank serve` says on a generation that it must not serve."""
    command = [sys.executable, "-m", "feedrank.main", "serve", "--port", "0"]
    done = subprocess.run(
        [*command, "--generations", str(generations), "--home", str(home)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == CANNOT_START
    assert "Traceback" not in done.stderr
    [line] = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    return line


@pytest.mark.parametrize("name", DAMAGED)
def test_one_changed_byte_is_found_and_named(copied, tmp_path, name):
    path = current(copied) / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    assert name in refusal(copied, tmp_path / "home")


def test_a_missing_file_is_named(copied, tmp_path):
    (current(copied) / "vectors").chmod(0o755)
    (current(copied) / layout.VECTORS_ITEMS).unlink()
    line = refusal(copied, tmp_path / "home")
    assert layout.VECTORS_ITEMS in line
    assert "missing" in line


def test_a_folder_without_generations_says_what_to_do(tmp_path):
    line = refusal(tmp_path / "nothing", tmp_path / "home")
    assert "CURRENT" in line
    assert "build" in line


def test_a_server_that_could_not_start_has_left_nothing_that_hinders_the_next(copied, tmp_path):
    path = current(copied) / DAMAGED[0]
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(whole[:-100])
    with pytest.raises(ServerStartError, match=r"index\.faiss"):
        EmbeddedProcess(copied, tmp_path / "home").start()
    path.write_bytes(whole)
    with EmbeddedProcess(copied, tmp_path / "home") as server:
        assert server.is_running
