"""The tiny generation, and GetFeed over it."""

from pathlib import Path

import pytest

from tests.feed_assembly.ring import Ring
from tests.generation.tiny_generation import write_tiny_generation


@pytest.fixture(scope="session")
def generation_folder(tmp_path_factory) -> Path:
    return write_tiny_generation(tmp_path_factory.mktemp("generations"))


@pytest.fixture
def ring(generation_folder) -> Ring:
    return Ring(generation_folder)
