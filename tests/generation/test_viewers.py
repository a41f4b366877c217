"""Looking viewers up in a generation."""

import pytest

from generation.viewers import Viewers
from tests.generation.tiny_generation import (
    QUIET_VIEWER,
    STRANGER,
    VIEWER,
    write_tiny_generation,
)


@pytest.fixture(scope="module")
def viewers(tmp_path_factory) -> Viewers:
    return Viewers(write_tiny_generation(tmp_path_factory.mktemp("generations")))


def test_a_viewer_comes_back_with_columns_and_lists(viewers):
    viewer = viewers.find(VIEWER)
    assert (viewer.region, viewer.language, viewer.allow_sensitive) == (1, 1, False)
    assert viewer.totals.tolist() == [20, 3, 3, 0, 0, 60, 20]
    assert viewer.positive_item_ids.tolist() == [100, 105, 110]
    assert viewer.author_positives.tolist() == [1, 1]
    assert viewer.vector is not None
    assert viewer.vector[0] == 1


def test_a_viewer_without_history_has_empty_lists_and_no_vector(viewers):
    viewer = viewers.find(QUIET_VIEWER)
    assert viewer.vector is None
    assert len(viewer.seen_item_ids) == len(viewer.category_codes) == 0


@pytest.mark.parametrize("viewer_id", [0, STRANGER, 2**62])
def test_a_viewer_nobody_knows_is_none(viewers, viewer_id):
    assert viewers.find(viewer_id) is None
