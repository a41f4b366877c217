"""Folding a viewer in gives the vector that ALS itself would give."""

import numpy as np
import scipy.sparse
from implicit.cpu.als import AlternatingLeastSquares
from threadpoolctl import threadpool_limits

from features.fold_in import fold_in_many
from features.fold_in_one import FoldIn

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
        folded = FoldIn(items.T @ items, ALPHA, REGULARIZATION).of(own)
        expected = model.recalculate_user(viewer, matrix[viewer])
        np.testing.assert_allclose(folded, expected.reshape(-1), atol=1e-4)


def test_many_viewers_at_once_get_the_vectors_they_get_alone() -> None:
    model, _ = fitted()
    items = model.item_factors
    gram = items.T @ items
    weights = np.array([1, 1, 2], np.float32)
    first = np.array([0, 2, 2, 3])
    many = fold_in_many(items[[4, 9, 7]], first, gram, weights, ALPHA, REGULARIZATION)
    alone = FoldIn(gram, ALPHA, REGULARIZATION).of(items[[4, 9]])
    np.testing.assert_allclose(many[0], alone, atol=1e-5)
    np.testing.assert_array_equal(many[1], np.zeros(8))
    weighing_twice = FoldIn(gram, 2 * ALPHA, REGULARIZATION).of(items[[7]])
    np.testing.assert_allclose(many[2], weighing_twice, atol=1e-5)


def test_without_positives_there_is_no_vector() -> None:
    nothing = np.empty((0, 2), np.float32)
    folded = FoldIn(np.eye(2, dtype=np.float32), 10, 1).of(nothing)
    np.testing.assert_array_equal(folded, [0, 0])


def test_more_positives_than_dimensions_are_solved_as_exactly_as_fewer() -> None:
    random = np.random.default_rng(5)
    items = random.normal(0, 1, (20, 3)).astype(np.float32)
    folded = FoldIn(items.T @ items, ALPHA, REGULARIZATION).of(items)
    system = (1 + ALPHA) * (items.T @ items) + REGULARIZATION * np.eye(3)
    expected = np.linalg.solve(system, (1 + ALPHA) * items.sum(axis=0))
    np.testing.assert_allclose(folded, expected, rtol=1e-4)
