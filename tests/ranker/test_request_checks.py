import numpy as np
import pytest

from features.inputs import ViewerInputs
from ranker.request_checks import check_request
from serving.contracts.rank_columns import RANK_COLUMNS
from serving.errors import InvalidRequestError
from tests.ranker.requests import a_request, a_viewer, candidates

OTHER_COLUMNS = [column.name for column in RANK_COLUMNS if column.name != "item_id"]
FLOAT_COLUMNS = [column.name for column in RANK_COLUMNS if column.dtype.startswith("f")]
FLOAT_INPUTS = [
    name for name in ViewerInputs._fields if getattr(a_viewer(), name).dtype == np.float32
]


def assert_refused(request, message):
    with pytest.raises(InvalidRequestError, match=message):
        check_request(request)


def test_complete_and_finite_columns_pass():
    check_request(a_request(candidates([1, 2, 3])))


def test_no_candidates_are_no_mistake():
    check_request(a_request(candidates([])))


def test_a_thousand_candidates_are_the_limit():
    check_request(a_request(candidates(list(range(1_000)))))
    assert_refused(a_request(candidates(list(range(1_001)))), "1001 rows, at most 1000")


@pytest.mark.parametrize(
    "name", [column.name for column in RANK_COLUMNS if column.name != "item_id"]
)
def test_a_missing_column_is_named(name):
    columns = candidates([1, 2])
    del columns[name]
    assert_refused(a_request(columns), f"candidates.{name}.*is missing")


def test_candidates_without_ids_are_refused():
    columns = candidates([1, 2])
    del columns["item_id"]
    assert_refused(a_request(columns), "candidates")


def test_a_short_column_is_named():
    columns = candidates([1, 2])
    columns["author_id"] = columns["author_id"][:1]
    assert_refused(a_request(columns), "candidates.author_id.*1 rows, expected 2")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", FLOAT_COLUMNS)
def test_a_column_that_is_not_finite_is_named(name, value):
    columns = candidates([1, 2])
    columns[name][1] = value
    assert_refused(a_request(columns), f"candidates.{name}.*is not finite")


def test_the_largest_halves_are_finite():
    columns = candidates([1])
    columns["facts"][:] = np.finfo(np.float16).max
    columns["vector"][:] = np.finfo(np.float16).min
    check_request(a_request(columns))


@pytest.mark.parametrize("name", FLOAT_INPUTS)
def test_an_input_of_the_viewer_that_is_not_finite_is_named(name):
    values = getattr(a_viewer(), name).copy()
    values[...] = np.nan
    viewer = a_viewer()._replace(**{name: values})
    assert_refused(a_request(candidates([1]), viewer=viewer), f"viewer.{name}.*is not finite")


def test_numbers_of_every_size_are_finite():
    columns = candidates([1])
    for name in FLOAT_COLUMNS:
        extremes = np.finfo(columns[name].dtype)
        for value in (extremes.max, extremes.min, extremes.smallest_subnormal, -0.0):
            columns[name][...] = value
            check_request(a_request(columns))


def test_columns_that_cannot_be_written_to_or_have_gaps_are_looked_at_too():
    columns = candidates([1, 2])
    columns["facts"] = np.asfortranarray(columns["facts"])
    columns["source_score"] = np.zeros(4, np.float32)[::2]
    columns["author_positives"].flags.writeable = False
    check_request(a_request(columns))
    columns["facts"][1, 3] = np.inf
    assert_refused(a_request(columns), r"candidates\.facts.*is not finite")
