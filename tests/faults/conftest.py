"""One laboratory for all fast faults, closed before other tests start servers of their own."""

from collections.abc import Iterator

import pytest

from tests.faults.lab import Lab
from tests.integration.small_world import make_small_world

DEADLINE_S = 2.0
SLOWNESS = 6.0
"""Generous: machines that run tests are busy. `make faults` measures."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("faults")
    lab = Lab(make_small_world(folder / "world"), folder, DEADLINE_S, SLOWNESS)
    yield lab
    lab.close()
