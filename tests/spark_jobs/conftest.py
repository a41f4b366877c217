"""Engines for tests; one Spark session serves all of them, as starting it takes seconds."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from spark_jobs.engine import Engine
from spark_jobs.local_engine import LocalEngine


@pytest.fixture(scope="session")
def local_engine() -> Iterator[Engine]:
    engine = LocalEngine(workers=2)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def spark_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    from feedrank.real.java import find_java

    if find_java() is None:
        if os.environ.get("CI"):
            pytest.fail("no JDK 17: apt-get install openjdk-17-jdk-headless")
        pytest.skip("no JDK 17: apt-get install openjdk-17-jdk-headless")
    from spark_jobs.spark_engine import SparkEngine

    engine = SparkEngine("local[2]", tmp_path_factory.mktemp("spark"), driver_memory="1g")
    yield engine
    engine.close()


@pytest.fixture(params=["local", pytest.param("spark", marks=pytest.mark.spark)])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Every engine there is."""
    chosen: Engine = request.getfixturevalue(f"{request.param}_engine")
    return chosen


@pytest.fixture
def generations(tmp_path: Path) -> Path:
    return tmp_path / "generations"
