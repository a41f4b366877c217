"""The catalogue lists all 45 rows, and what it says of each is true."""

import ast
from pathlib import Path

import pytest

from tests.faults.catalogue import CATALOGUE
from tests.faults.fault import ROW_COUNT, fault
from tests.faults.matrix import all_faults, chosen

REPOSITORY = Path(__file__).parents[2]
TESTS = sorted({test for row in CATALOGUE.values() for test in row.tests})


def test_it_lists_all_rows() -> None:
    assert list(CATALOGUE) == list(range(1, ROW_COUNT + 1))


def test_every_row_is_shown_or_does_not_apply() -> None:
    shown = {number for fault in all_faults() for number in fault.rows}
    missing = [
        number
        for number, row in CATALOGUE.items()
        if not row.tests and not row.does_not_apply and number not in shown
    ]
    assert not missing, [CATALOGUE[number].fault for number in missing]


@pytest.mark.parametrize("test", TESTS)
def test_a_test_that_it_names_exists(test: str) -> None:
    path, _, name = test.partition("::")
    defined = {
        node.name
        for node in ast.walk(ast.parse((REPOSITORY / path).read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert name in defined


def test_faults_are_chosen_by_row_and_by_a_part_of_the_name() -> None:
    shards = chosen(all_faults(), ["2"])
    assert shards
    assert all(2 in fault.rows for fault in shards)
    assert chosen(all_faults(), ["A SHARD IS down"]) == shards[:1]
    with pytest.raises(ValueError, match="no fault has '99'"):
        chosen(all_faults(), ["99"])


def test_a_row_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="in \\[1, 45\\]"):
        fault([46], "the moon falls", "nothing")
