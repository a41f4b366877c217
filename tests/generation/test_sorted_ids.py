"""Many look-ups at once find what numpy finds one by one."""

import numpy as np
import pytest

from generation.list_choice import ListChoice, nearest_lists
from generation.sorted_ids import holds, lower_bounds, places_of

RNG = np.random.default_rng(7)
WANTED = np.array([5, -1, 0, 2**62, 7, 7, 999, 500, -(2**62)])


@pytest.mark.parametrize("count", [0, 1, 2, 3, 64, 777])
def test_bounds_and_places_are_those_of_numpy_whatever_the_order(count):
    ascending = np.unique(RNG.integers(0, 1_000, count))
    bounds = np.searchsorted(ascending, WANTED)
    np.testing.assert_array_equal(lower_bounds(ascending, WANTED), bounds)
    is_there = np.isin(WANTED, ascending)
    np.testing.assert_array_equal(places_of(ascending, WANTED), np.where(is_there, bounds, -1))
    assert [holds(ascending, each) for each in WANTED] == is_there.tolist()


def test_the_first_of_equal_ids_is_the_bound():
    ascending = np.array([1, 4, 4, 4, 9])
    assert lower_bounds(ascending, np.array([4, 5, 1, 10])).tolist() == [1, 4, 0, 5]


@pytest.mark.parametrize("probes", [1, 7, 50])
def test_lists_are_those_with_the_nearest_centres_nearest_first(probes):
    centres = RNG.standard_normal((50, 16)).astype(np.float32)
    queries = RNG.standard_normal((3, 9)).astype(np.float32)
    padded = np.pad(queries, ((0, 0), (0, 7)))
    distances = np.linalg.norm(padded[:, None] - centres, axis=2)
    lists = nearest_lists(ListChoice(centres, 9).nearness(queries), probes)
    expected = np.argsort(distances, axis=1)[:, :probes]
    np.testing.assert_array_equal(lists.reshape(3, probes), expected)
