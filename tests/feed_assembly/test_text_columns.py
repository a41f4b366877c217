"""Strings read straight from Arrow's buffers are those that Arrow reads."""

import numpy as np
import pyarrow as pa

from feed_assembly.content.text_columns import TextColumn, TextListColumn

TEXTS = ["", "naïve", "日本", "plain", ""]
LISTS = [[], ["a", "bé"], [], ["c"]]


def rows(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


def test_texts_come_in_the_order_asked_and_as_often():
    column = TextColumn(pa.array(TEXTS))
    assert column.at(rows(2, 0, 1, 1, 4)) == ["日本", "", "naïve", "naïve", ""]


def test_lists_of_texts_come_in_the_order_asked():
    column = TextListColumn(pa.array(LISTS))
    assert column.at(rows(3, 0, 1, 1)) == [("c",), (), ("a", "bé"), ("a", "bé")]


def test_a_part_of_a_column_begins_at_its_own_first_row():
    assert TextColumn(pa.array(TEXTS).slice(1, 3)).at(rows(0, 2)) == ["naïve", "plain"]
    assert TextListColumn(pa.array(LISTS).slice(1)).at(rows(0, 2)) == [("a", "bé"), ("c",)]


def test_columns_without_a_text_or_without_a_row_can_be_read():
    assert TextColumn(pa.array(["", ""])).at(rows(1)) == [""]
    assert TextColumn(pa.array([], pa.string())).at(rows()) == []
    assert TextListColumn(pa.array([], pa.list_(pa.string()))).at(rows()) == []
    assert TextListColumn(pa.array([[], []], pa.list_(pa.string()))).at(rows(0, 1)) == [(), ()]


def test_a_missing_text_is_empty():
    assert TextColumn(pa.array(["a", None])).at(rows(1, 0)) == ["", "a"]
