"""The vector space of the tiny generation: item `100 + i` points along axis `i % 5`."""

import numpy as np
import pytest

from generation import layout
from generation.arrow_file import write_table
from generation.item_columns import EMBEDDING_DIM
from generation.item_vectors import ItemVectors, MeanVectors, read_gram
from tests.generation.tiny_generation import write_tiny_generation

AXES = np.eye(5, EMBEDDING_DIM, dtype=np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_generation(tmp_path_factory.mktemp("generations"))


def test_vectors_come_in_the_order_asked_for_without_the_unknown(folder):
    vectors = ItemVectors(folder)
    assert (len(vectors), vectors.dim) == (32, EMBEDDING_DIM)
    found = vectors.gather(np.array([103, 139, 100, -1, 10**15, 101], np.int64))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, AXES[[3, 0, 1]])


def test_the_gram_matrix_sums_outer_products(folder):
    gram = read_gram(folder)
    assert gram.shape == (EMBEDDING_DIM, EMBEDDING_DIM)
    assert np.diag(gram)[:6].tolist() == [7, 7, 6, 6, 6, 0]


def test_a_gram_matrix_that_is_not_square_is_refused(tmp_path):
    write_table(tmp_path / layout.VECTORS_GRAM, {"row": np.zeros((3, 2), np.float32)})
    with pytest.raises(ValueError, match="3 x 2"):
        read_gram(tmp_path)


def test_means_fall_back_to_everybody_and_then_to_zeros(tmp_path):
    def means(regions: list[int]) -> MeanVectors:
        columns = {"region": regions, "language": [0] * len(regions)}
        table = {name: np.array(values, np.int32) for name, values in columns.items()}
        vectors = np.arange(1, len(regions) + 1, dtype=np.float32)[:, None] * AXES[[0]]
        write_table(tmp_path / layout.VECTORS_MEANS, {**table, "vector": vectors})
        return MeanVectors(tmp_path)

    assert [means([0, 4]).of(region, 0)[0] for region in (4, 5)] == [2, 1]
    assert not means([4]).of(5, 0).any()
