"""How names become codes."""

import numpy as np
import pyarrow as pa

from generation.vocabulary import Names
from spark_jobs.coding import category_codes, category_matrix, name_codes

NAMES = Names(("ant", "bee", "cat", "dog", "eel"))


def test_unknown_and_absent_names_are_zero():
    assert name_codes(pa.array(["bee", None, "yak", ""]), NAMES).tolist() == [2, 0, 0, 0]


def test_categories_keep_their_order_without_repeats_and_unknown_names():
    column = pa.array([["dog", "ant", "dog"], [], None, ["yak", "bee"]])
    assert category_codes(column, NAMES).to_pylist() == [[4, 1], [], [], [2]]


def test_categories_beyond_the_fourth_are_left_out():
    column = pa.array([["eel", "ant", "ant", "bee", "cat", "dog"], ["bee"]])
    codes = category_codes(column, NAMES)
    assert codes.to_pylist() == [[5, 1, 2, 3], [2]]
    assert category_matrix(codes).tolist() == [[5, 1, 2, 3], [2, 0, 0, 0]]


def test_a_column_in_chunks_or_cut_from_another_reads_the_same():
    whole = pa.array([["ant"], ["bee", "cat"], ["dog"]])
    chunked = pa.chunked_array([whole.slice(1, 1), whole.slice(2, 1)])
    assert category_codes(chunked, NAMES).to_pylist() == [[2, 3], [4]]
    assert category_codes(whole.slice(1), NAMES).to_pylist() == [[2, 3], [4]]


def test_nothing_gives_an_empty_matrix():
    codes = category_codes(pa.array([], pa.list_(pa.string())), NAMES)
    assert category_matrix(codes).shape == (0, 4)
    assert category_matrix(codes).dtype == np.int32
