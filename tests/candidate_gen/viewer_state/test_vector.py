"""Which of fold-in, stored vector and mean a viewer's vector is made of."""

import dataclasses

import numpy as np
import pytest

from candidate_gen.viewer_state.vector import TRUSTED_POSITIVES, ViewerVectorizer
from features.fold_in_one import FoldIn
from generation import layout
from generation.arrow_file import MappedTable, write_table
from generation.item_columns import EMBEDDING_DIM
from generation.manifest import InvalidGenerationError, Manifest
from tests.generation.tiny_generation import write_tiny_generation

AXES = np.eye(5, EMBEDDING_DIM, dtype=np.float32)
STORED = AXES[4].astype(np.float16)
CARS = np.array([101, 106, 111], np.int64)
"""Three items along axis 1."""


@pytest.fixture
def folder(tmp_path):
    return write_tiny_generation(tmp_path)


@pytest.fixture
def manifest(folder):
    return Manifest.read(folder)


@pytest.fixture
def vectorizer(folder, manifest):
    return ViewerVectorizer(folder, manifest)


def folded(folder, manifest, vectors):
    gram = MappedTable(folder / layout.VECTORS_GRAM).array("row")
    fold_in = FoldIn(gram, manifest.fold_in_alpha, manifest.fold_in_regularization)
    return fold_in.of(vectors)


def test_three_positives_are_folded_in(vectorizer, folder, manifest):
    found = vectorizer.of(CARS, None, 0, 0)
    assert found.has_vector
    np.testing.assert_allclose(found.vector, folded(folder, manifest, AXES[[1, 1, 1]]))


def test_two_positives_are_too_few_without_a_stored_vector(vectorizer):
    found = vectorizer.of(CARS[:2], None, 0, 0)
    assert not found.has_vector
    np.testing.assert_array_equal(found.vector, AXES[0])
    np.testing.assert_array_equal(found.cluster_vectors, AXES[[1]])


def test_a_stored_vector_is_taken_where_there_are_no_positives(vectorizer):
    found = vectorizer.of(CARS[:0], STORED, 0, 0)
    assert found.has_vector
    np.testing.assert_array_equal(found.vector, AXES[4])


def test_few_positives_leave_the_stored_vector_its_share(vectorizer, folder, manifest):
    found = vectorizer.of(CARS, STORED, 0, 0).vector
    share = 3 / TRUSTED_POSITIVES
    expected = share * folded(folder, manifest, AXES[[1, 1, 1]]) + (1 - share) * AXES[4]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_many_positives_decide_alone(vectorizer):
    ids = np.arange(100, 100 + TRUSTED_POSITIVES, dtype=np.int64)
    with_stored = vectorizer.of(ids, STORED, 0, 0).vector
    np.testing.assert_array_equal(with_stored, vectorizer.of(ids, None, 0, 0).vector)


@pytest.mark.parametrize("stored", [None, STORED])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_features_vector_is_the_fold_in_alone_however_few_there_are(
    vectorizer, folder, manifest, stored, count
):
    found = vectorizer.of(CARS[:count], stored, 0, 0).folded_vector
    np.testing.assert_allclose(found, folded(folder, manifest, AXES[[1] * count]))


def test_the_features_vector_is_zeros_without_positives(vectorizer):
    assert not vectorizer.of(CARS[:0], STORED, 0, 0).folded_vector.any()


def test_items_without_a_vector_are_left_out(vectorizer):
    assert not vectorizer.of(np.array([139, 5, 10**12], np.int64), None, 0, 0).has_vector


def rewrite(path, **columns):
    table = MappedTable(path)
    kept = {name: table.array(name).copy() for name in table.batch.schema.names}
    del table
    path.chmod(0o644)
    write_table(path, {**kept, **columns})


def test_the_mean_is_that_of_region_and_language_where_there_is_one(folder, manifest):
    rewrite(
        folder / layout.VECTORS_MEANS,
        region=np.array([0, 1], np.int32),
        language=np.array([0, 2], np.int32),
        vector=AXES[[0, 3]],
        viewers=np.array([2, 1], np.int32),
    )
    vectorizer = ViewerVectorizer(folder, manifest)
    nothing = np.zeros(0, np.int64)
    assert vectorizer.of(nothing, None, 1, 2).vector.tolist() == AXES[3].tolist()
    assert vectorizer.of(nothing, None, 1, 1).vector.tolist() == AXES[0].tolist()


def test_a_vector_that_is_not_finite_never_reaches_a_request(folder, manifest):
    vectors = MappedTable(folder / layout.VECTORS_ITEMS).array("vector").copy()
    vectors[1] = np.nan
    rewrite(folder / layout.VECTORS_ITEMS, vector=vectors)
    found = ViewerVectorizer(folder, manifest).of(np.append(CARS, 116), STORED, 0, 0)
    assert np.isfinite(found.vector).all()
    assert np.isfinite(found.cluster_vectors).all()
    broken = np.full(EMBEDDING_DIM, np.nan, np.float16)
    assert ViewerVectorizer(folder, manifest).of(CARS[:0], broken, 0, 0).vector[0] == 1


@pytest.mark.parametrize(
    ("name", "column"), [(layout.VECTORS_GRAM, "row"), (layout.VECTORS_MEANS, "vector")]
)
def test_a_broken_gram_or_mean_is_refused_when_opened(folder, manifest, name, column):
    values = MappedTable(folder / name).array(column).copy()
    values[0, 0] = np.inf
    rewrite(folder / name, **{column: values})
    with pytest.raises(InvalidGenerationError, match="not finite"):
        ViewerVectorizer(folder, manifest)


def test_parameters_that_could_not_be_solved_with_are_refused(folder, manifest):
    broken = dataclasses.replace(manifest, fold_in_regularization=0.0)
    with pytest.raises(InvalidGenerationError, match=r"fold_in_regularization 0\.0"):
        ViewerVectorizer(folder, broken)
