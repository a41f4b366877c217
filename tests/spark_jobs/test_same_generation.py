"""The same vectors, tables and seed give the same bytes, whatever the engine and its executors."""

import subprocess
import sys
from pathlib import Path

import pytest

from generation.manifest import Manifest
from simulator.canonical_folder import write_world
from simulator.settings import WorldSettings
from simulator.world import simulate
from spark_jobs.build import build_generation
from spark_jobs.engine import Engine
from spark_jobs.local_engine import LocalEngine
from tables.importer import import_canonical
from tests.spark_jobs.tiny_data import GivenVectors

WORLD = WorldSettings(viewer_count=120, item_count=300, day_count=4)
ONE_CORE = """
import sys
from pathlib import Path
from spark_jobs.build import build_generation
from spark_jobs.spark_engine import SparkEngine
from tests.spark_jobs.tiny_data import GivenVectors
data, generations = map(Path, sys.argv[1:])
engine = SparkEngine("local[1]", driver_memory="1g")
fit = GivenVectors()
build_generation(
    data, generations, engine=engine, fit=fit, shards=2, seed=7
)
engine.close()
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world(simulate(WORLD), folder / "source")
    import_canonical(folder / "source", folder / "data")
    return folder / "data"


@pytest.fixture(scope="module")
def local_build(data: Path, local_engine: LocalEngine) -> Path:
    return build(data, data.parent / "local", local_engine)


def build(data: Path, generations: Path, engine: Engine) -> Path:
    return build_generation(data, generations, engine=engine, fit=GivenVectors(), shards=2, seed=7)


def assert_same(one: Path, other: Path) -> None:
    """Every artefact has the same bytes, and so the generations have the same name."""
    mine, theirs = Manifest.read(one).files, Manifest.read(other).files
    assert list(mine) == list(theirs)
    assert [name for name in mine if mine[name] != theirs[name]] == []
    assert one.name == other.name


def test_one_process_and_two_build_the_same(data: Path, local_build: Path, tmp_path: Path):
    engine = LocalEngine(workers=1)
    assert_same(build(data, tmp_path, engine), local_build)
    engine.close()


@pytest.mark.spark
def test_spark_and_the_local_engine_build_the_same(
    data: Path, local_build: Path, spark_engine: Engine, tmp_path: Path
):
    assert_same(build(data, tmp_path, spark_engine), local_build)


@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.usefixtures("spark_engine")
def test_one_executor_core_and_two_build_the_same(data: Path, local_build: Path, tmp_path: Path):
    command = [sys.executable, "-c", ONE_CORE, str(data), str(tmp_path)]
    subprocess.run(command, check=True, timeout=300, capture_output=True)
    (built,) = (path for path in tmp_path.iterdir() if not path.name.startswith("."))
    assert_same(built, local_build)


def test_building_again_is_harmless(data: Path, local_build: Path, local_engine: LocalEngine):
    again = build(data, local_build.parent, local_engine)
    assert again == local_build
    assert [path.name for path in local_build.parent.iterdir()] == [local_build.name]


def test_another_number_of_shards_is_another_generation(
    data: Path, local_build: Path, local_engine: LocalEngine, tmp_path: Path
):
    other = build_generation(
        data, tmp_path, engine=local_engine, fit=GivenVectors(), shards=3, seed=7
    )
    assert other.name != local_build.name
