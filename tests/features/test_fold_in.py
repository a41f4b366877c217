"""Folding a viewer in gives the vector that ALS itself would give."""

import numpy as np
import scipy.sparse
from implicit.cpu.als import AlternatingLeastSquares
from threadpoolctl import threadpool_limits

from features.fold_in import fold_in, fold_in_many

ALPHA, REGULARIZATION = 10.0, 0.05


def fitted() -> tuple[AlternatingLeastSquares, scipy.sparse.csr_matrix]:
    """A model of 40 viewers and 30 items; viewer 3 has no positives."""
    positives = np.random.default_rng(0).random((40, 30)) < 0.2
    positives[3] = False
    matrix = scipy.sparse.csr_matrix(positives * np.float32(1 + ALPHA))
    with threadpool_limits(1):
        model = AlternatingLeastSquares(
            factors=8, regularization=REGULARIZATION, iterations=3, num_threads=1, random_state=1
        )
        model.fit(matrix, show_progress=False)
    return model, matrix


def test_folding_in_a_viewers_own_positives_gives_the_viewers_vector() -> None:
    model, matrix = fitted()
    items = model.item_factors
    for viewer in range(5):
        own = items[matrix[viewer].indices]
        ones = np.ones(len(own), np.float32)
        folded = fold_in(own, items.T @ items, ones, ALPHA, REGULARIZATION)
        expected = model.recalculate_user(viewer, matrix[viewer])
        np.testing.assert_allclose(folded, expected.reshape(-1), atol=1e-4)


def test_many_viewers_at_once_get_the_vectors_they_get_alone() -> None:
    model, _ = fitted()
    items = model.item_factors
    gram = items.T @ items
    weights = np.array([1, 2, 1], np.float32)
    first = np.array([0, 2, 2, 3])
    many = fold_in_many(items[[4, 9, 7]], first, gram, weights, ALPHA, REGULARIZATION)
    alone = fold_in(items[[4, 9]], gram, weights[:2], ALPHA, REGULARIZATION)
    np.testing.assert_allclose(many[0], alone, atol=1e-5)
    np.testing.assert_array_equal(many[1], np.zeros(8))


def test_without_positives_there_is_no_vector() -> None:
    nothing = np.empty((0, 2), np.float32)
    folded = fold_in(nothing, np.eye(2, dtype=np.float32), np.empty(0, np.float32), 10, 1)
    np.testing.assert_array_equal(folded, [0, 0])


def test_more_positives_than_dimensions_are_solved_as_exactly_as_fewer() -> None:
    random = np.random.default_rng(5)
    items = random.normal(0, 1, (20, 3)).astype(np.float32)
    ones = np.ones(20, np.float32)
    folded = fold_in(items, items.T @ items, ones, ALPHA, REGULARIZATION)
    system = (1 + ALPHA) * (items.T @ items) + REGULARIZATION * np.eye(3)
    expected = np.linalg.solve(system, (1 + ALPHA) * items.sum(axis=0))
    np.testing.assert_allclose(folded, expected, rtol=1e-4)
