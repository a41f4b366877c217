"""Viewer and context as the features read them."""

import numpy as np
import pytest

from candidate_gen.rank_input import context_inputs, viewer_inputs
from candidate_gen.viewer_state.viewer import Profile
from serving.contracts.rank_columns import (
    CONTEXT_FIELDS,
    VIEWER_FIELDS,
    VIEWER_INPUT_COLUMNS,
)
from tests.candidate_gen.builders import a_neighbourhood, a_query, a_vector, a_viewer
from tests.serving.fixed_clock import NOON_MS


def test_one_row_of_every_agreed_column_in_its_type():
    viewer, context = viewer_inputs(a_query()), context_inputs(a_query())
    columns = {name: getattr(viewer, name) for name in VIEWER_FIELDS}
    columns |= {name: getattr(context, name) for name in CONTEXT_FIELDS}
    assert {n: (v.dtype.str.lstrip("<|"), v.shape) for n, v in columns.items()} == {
        c.name: (c.dtype, (1,) if c.width == 1 else (1, c.width)) for c in VIEWER_INPUT_COLUMNS
    }


def test_facts_of_the_viewer_arrive():
    viewer = a_viewer(
        profile=Profile(region=1, language=2, created_ms=5),
        totals=[1, 2, 3, 4, 5, 6, 7],
        last_action_ms=8,
        clicks_5m=2,
        views_5m=9,
        categories_5m=1,
        items_seen=300,
        recent_seen=50,
        recent_positives=20,
        folded_vector=a_vector(3),
    )
    inputs = viewer_inputs(a_query(viewer, a_neighbourhood(followed_ids=[50, 51])))
    assert inputs.totals.tolist() == [[1, 2, 3, 4, 5, 6, 7]]
    assert (inputs.region[0], inputs.language[0], inputs.created_ms[0]) == (1, 2, 5)
    assert (inputs.clicks_5m[0], inputs.views_5m[0], inputs.categories_5m[0]) == (2, 9, 1)
    habit = (inputs.items_seen[0], inputs.recent_seen[0], inputs.recent_positives[0])
    assert habit == (300, 50, 20)
    assert (inputs.follow_count[0], inputs.last_action_ms[0]) == (2, 8)
    np.testing.assert_array_equal(inputs.vector[0], a_vector(3))


@pytest.mark.parametrize("has_vector", [True, False])
def test_neither_a_mean_nor_a_stored_vector_reaches_the_features(has_vector):
    inputs = viewer_inputs(a_query(a_viewer(vector=a_vector(3), has_vector=has_vector)))
    assert not inputs.vector.any()


def test_circumstances_arrive():
    context = context_inputs(a_query(utc_offset_minutes=-90, surface="home", device="phone"))
    assert (context.now_ms[0], context.utc_offset_minutes[0]) == (NOON_MS, -90)
    assert (context.surface[0], context.device[0]) == (1, 1)
