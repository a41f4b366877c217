"""Centres of tastes, on vectors along axes so that every cluster can be seen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from candidate_gen.viewer_state.clusters import cluster_centres

EAST, NORTH, UP, OUT = np.eye(4, dtype=np.float32)


def centres(*vectors) -> list[list[float]]:
    return cluster_centres(np.array(vectors, np.float32)).tolist()


def test_each_taste_has_its_centre_the_largest_first():
    assert centres(EAST, NORTH, NORTH, NORTH, UP, UP) == [
        NORTH.tolist(),
        UP.tolist(),
        EAST.tolist(),
    ]


def test_centres_keep_the_length_that_retrieval_by_dot_product_needs():
    assert centres(2 * EAST, 4 * EAST) == [(3 * EAST).tolist()]


def test_there_are_at_most_three():
    assert len(centres(EAST, NORTH, UP, OUT)) == 3


def test_vectors_alike_are_one_cluster():
    assert len(centres(EAST, EAST + 0.1 * NORTH)) == 1


def test_an_opposite_vector_starts_a_cluster_of_its_own():
    assert centres(EAST, EAST, -EAST) == [EAST.tolist(), (-EAST).tolist()]


def test_no_vectors_no_clusters():
    assert cluster_centres(np.zeros((0, 4), np.float32)).shape == (0, 4)


def test_zero_vectors_say_nothing():
    assert centres(0 * EAST, NORTH) == [NORTH.tolist()]
    assert centres(0 * EAST) == []


numbers = st.integers(-800, 800).map(lambda eighths: eighths / 8)


@pytest.mark.filterwarnings("error")
@settings(deadline=None)
@given(npst.arrays(np.float32, st.tuples(st.integers(0, 50), st.just(4)), elements=numbers))
def test_any_vectors_give_few_finite_centres_and_the_same_ones_again(vectors):
    found = cluster_centres(vectors)
    assert len(found) <= 3
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert (len(found) > 0) == vectors.any()
    np.testing.assert_array_equal(found, cluster_centres(vectors.copy()))
