"""A build that ends, fails or dies leaves nothing that anybody could take for a generation."""

import subprocess
import sys
from pathlib import Path

import pytest

from spark_jobs.build import build_generation
from spark_jobs.local_engine import LocalEngine
from spark_jobs.vector_fit import AlsSettings
from spark_jobs.working_folder import working_folder
from tests.spark_jobs.tiny_data import GivenVectors, no_models, write_data

DIE_INSIDE = """
import os, sys
from pathlib import Path
from spark_jobs.working_folder import working_folder
with working_folder(Path(sys.argv[1])) as folder:
    (folder / "half.arrow").write_text("half")
    os._exit(9)
"""


class FailingFit(GivenVectors):
    def fit(self, positives: Path, out: Path, settings: AlsSettings) -> None:
        super().fit(positives, out, settings)
        raise RuntimeError("the fit failed")


def test_is_gone_after_the_work(generations: Path):
    with working_folder(generations) as folder:
        (folder / "file").write_text("")
    assert list(generations.iterdir()) == []


def test_is_gone_after_a_failure(generations: Path, tmp_path: Path, local_engine: LocalEngine):
    data = write_data(tmp_path / "data")
    with pytest.raises(RuntimeError, match="the fit failed"):
        build_generation(
            data,
            generations,
            engine=local_engine,
            fit=FailingFit(),
            train=no_models,
            shards=2,
            seed=7,
        )
    assert list(generations.iterdir()) == []


def test_the_next_build_removes_what_a_dead_one_left(generations: Path):
    generations.mkdir()
    subprocess.run([sys.executable, "-c", DIE_INSIDE, str(generations)], check=False, timeout=60)
    (left,) = generations.iterdir()
    assert (left / "half.arrow").exists()
    with working_folder(generations):
        assert not left.exists()


def test_builds_at_the_same_time_leave_each_other_alone(generations: Path):
    with working_folder(generations) as one:
        with working_folder(generations) as other:
            assert one.exists()
            assert other != one
        assert one.exists()


def test_no_shards_are_refused(generations: Path, tmp_path: Path, local_engine: LocalEngine):
    data = write_data(tmp_path / "data")
    with pytest.raises(ValueError, match="shards must be at least 1, got 0"):
        build_generation(
            data,
            generations,
            engine=local_engine,
            fit=GivenVectors(),
            train=no_models,
            shards=0,
            seed=7,
        )
