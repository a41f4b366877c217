import numpy as np
import pytest

from simulator.arrays import NOTHING
from simulator.shelf import Shelf

# Group 0 posts item 10, 11, 12 at times 100, 200, 300; group 2 posts item 20 at 150.
SHELF = Shelf(np.array([2, 0, 0, 0]), np.array([20, 12, 10, 11]), np.array([150, 300, 100, 200]))


def pick(group, now_ms, depth):
    return SHELF.pick(np.array([group]), np.array([now_ms]), np.array([depth])).tolist()[0]


@pytest.mark.parametrize(("depth", "item"), [(0.0, 12), (0.5, 11), (0.99, 10)])
def test_depth_goes_from_newest_to_oldest(depth, item):
    assert pick(0, 1_000, depth) == item


def test_only_what_was_posted_before_now_is_there():
    assert [pick(0, now_ms, 0.0) for now_ms in (100, 101, 300)] == [NOTHING, 10, 11]


def test_an_empty_group_has_nothing():
    assert pick(1, 1_000, 0.0) == NOTHING


def test_the_group_nothing_has_nothing():
    assert pick(NOTHING, 1_000, 0.0) == NOTHING


def test_counting_back_stops_at_the_oldest():
    picked = SHELF.pick_newest(np.array([0, 0, 2]), np.full(3, 1_000), np.array([1.9, 9.0, 0.0]))
    assert picked.tolist() == [11, 10, 20]
