"""Filters by region and language."""

import pytest

from candidate_gen.filters.language_filter import LanguageFilter
from candidate_gen.filters.region_filter import RegionFilter
from candidate_gen.stages import Filter
from candidate_gen.viewer_state.viewer import Profile
from tests.candidate_gen.builders import a_batch, a_query, a_viewer

FILTERS = [(RegionFilter(), "region"), (LanguageFilter(), "language")]


@pytest.mark.parametrize(("stage", "column"), FILTERS)
def test_keeps_the_viewers_own_and_the_unknown(stage: Filter, column: str) -> None:
    query = a_query(a_viewer(profile=Profile(region=1, language=1)))
    batch = a_batch([1, 2, 3], **{column: [1, 2, 0]})
    assert list(stage.keep(query, batch)) == [True, False, True]


@pytest.mark.parametrize(("stage", "column"), FILTERS)
def test_an_unknown_viewer_suits_everything(stage: Filter, column: str) -> None:
    batch = a_batch([1, 2, 3], **{column: [1, 2, 0]})
    assert list(stage.keep(a_query(), batch)) == [True, True, True]


def test_the_requests_region_and_language_go_before_the_profiles() -> None:
    query = a_query(a_viewer(profile=Profile(1, 1)), region="south", language="de")
    batch = a_batch([1, 2], region=[1, 2], language=[1, 2])
    assert list(RegionFilter().keep(query, batch)) == [False, True]
    assert list(LanguageFilter().keep(query, batch)) == [False, True]
