"""The process itself: it serves from its variables, or says in one line why not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from feedrank.real.ports import free_ports
from feedrank.service_process import ServiceProcess
from generation.manifest import Manifest, entries_of
from serving.process import CANNOT_START
from tests.generation.tiny_generation import write_tiny_generation
from tests.generation.tiny_models import write_linear_model

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path):
    return write_tiny_generation(tmp_path / "generations")


@pytest.fixture
def variables(tmp_path, folder):
    return {
        "FEEDRANK_GENERATIONS": str(folder.parent),
        "FEEDRANK_HOME": str(tmp_path / "home"),
        "FEEDRANK_UNHEALTHY_WAIT_S": "0",
        "PYTHONPATH": str(REPOSITORY),
    }


def error_of_start(variables):
    """The one line that a process leaves which cannot start."""
    ended = subprocess.run(
        [sys.executable, "-m", "ranker.main"],
        env={**variables, "FEEDRANK_PORT": "0"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == CANNOT_START
    (line,) = (ended.stdout + ended.stderr).splitlines()
    return json.loads(line)


def told(path: Path) -> str:
    """How logs name a file of a generation: from the folder that its setting names."""
    return str(Path("generations", *path.parts[-3:]))


def test_serves_and_ends_in_order(tmp_path, variables):
    process = ServiceProcess("ranker", "ranker.main", tmp_path / "run", free_ports(1)[0], variables)
    process.start()
    assert process.is_running
    process.stop()
    assert '"exit_code": 0' in process.log_path.read_text()


def test_a_damaged_model_is_one_line_and_an_exit_code(folder, variables):
    path = folder / "models/ranker.onnx"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    error = error_of_start(variables)
    assert error["cause"] == f"{told(path)} differs from the manifest's SHA-256"


def test_a_model_for_other_features_is_one_line_and_an_exit_code(folder, variables):
    path = folder / "models/ranker.onnx"
    path.chmod(0o644)
    write_linear_model(path, {"click": {}}, schema="0123456789ab")
    manifest = Manifest.read(folder)
    manifest.files.update(entries_of(folder, {}))
    (folder / "manifest.json").chmod(0o644)
    manifest.write(folder)
    assert f"{told(path)} was made for features 0123456789ab" in error_of_start(variables)["cause"]
