"""Every feature says what its line promises."""

import math
from typing import Any

import numpy as np
import pytest

from features.inputs import ContextInputs, Inputs, ViewerInputs
from features.matrix import FEATURE_COUNT, FEATURES, GROUPS, feature_matrix, group_columns
from tests.features.builders import NOON_MS, inputs

HOUR_MS = 3_600_000
NAMES = [feature.name for feature in FEATURES]


def value(given: Inputs, name: str, row: int = 0) -> float:
    return float(feature_matrix(given)[row, NAMES.index(name)])


def test_names_are_unique_and_at_least_thirty() -> None:
    assert len(set(NAMES)) == FEATURE_COUNT >= 30


def test_groups_cover_the_matrix_without_overlap() -> None:
    columns = [at for group in GROUPS for at in range(FEATURE_COUNT)[group_columns(group)]]
    assert columns == list(range(FEATURE_COUNT))


def test_every_column_of_every_row_is_filled(monkeypatch) -> None:
    monkeypatch.setattr(np, "empty", lambda shape, dtype: np.full(shape, np.nan, dtype))
    assert np.isfinite(feature_matrix(inputs(rows=3))).all()


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(ValueError, match="no feature group weather"):
        group_columns("weather")


def test_knowing_nothing_gives_the_declared_default_of_all_but_the_time_of_day() -> None:
    matrix = feature_matrix(inputs())
    for at, feature in enumerate(FEATURES):
        if feature.name not in ("hour_sine", "hour_cosine", "is_weekend"):
            if feature.name.endswith("_other"):
                assert matrix[0, at] == 1, feature.name
            else:
                assert matrix[0, at] == pytest.approx(feature.default), feature.name


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("log_age_hours", {"items": {"created_ms": NOON_MS - 3 * HOUR_MS}}, math.log1p(3)),
        ("log_age_hours", {"items": {"created_ms": NOON_MS + HOUR_MS}}, 0),
        ("hour_cosine", {}, -1),
        ("hour_sine", {"context": {"utc_offset_minutes": -360}}, 1),
        ("surface_2", {"context": {"surface": 2}}, 1),
        ("surface_other", {"context": {"surface": 9}}, 1),
        ("surface_other", {"context": {"surface": 2}}, 0),
        ("category_count", {"items": {"categories": [7, 9, 0, 0]}}, 2),
        ("item_click_rate", {"facts": {"log_impressions_total": 90, "log_clicks_total": 19}}, 0.2),
        ("item_click_rate", {"facts": {"log_clicks_total": 500}}, 1),
        ("is_new", {"facts": {"log_impressions_total": 25}}, 0),
        ("is_hot", {"facts": {"log_impressions_hour": 9, "log_likes_hour": 4}}, 1),
        ("is_hot", {"facts": {"log_impressions_hour": 9, "log_likes_hour": 2}}, 0),
        ("author_engagement_rate", {"facts": {"log_author_impressions": 90}}, 0.01),
        ("log_average_dwell_s", {"viewer": {"totals": [0, 0, 0, 0, 0, 12, 4]}}, math.log(4)),
        ("log_items_seen", {"viewer": {"items_seen": 9}}, math.log(10)),
        ("recent_positive_rate", {"viewer": {"recent_seen": 40, "recent_positives": 19}}, 0.4),
        ("viewer_like_rate", {"viewer": {"totals": [90, 0, 9, 0, 0, 0, 0]}}, 0.1),
        ("log_hours_since_last_action", {"viewer": {"last_action_ms": 0}}, 0),
        (
            "log_hours_since_last_action",
            {"viewer": {"last_action_ms": NOON_MS - HOUR_MS}},
            math.log(2),
        ),
        ("vector_dot", {"viewer": {"vector": [2, 0, 0, 0]}, "items": {"vector": 3}}, 6),
        ("vector_cosine", {"viewer": {"vector": [2, 0, 0, 0]}, "items": {"vector": 3}}, 0.5),
        ("vector_cosine", {"viewer": {"vector": [2, 0, 0, 0]}}, 0),
        ("category_affinity", {"cross": {"category_positives": [2, 5, 0, 0]}}, 0.5),
        ("category_positive_rate", {"cross": {"category_positives": [2, 5, 0, 0]}}, 0.6),
        ("same_region", {"viewer": {"region": 2}, "items": {"region": 2}}, 1),
        ("same_region", {}, 0),
        ("author_affinity", {"cross": {"author_positives": 1}}, math.log(2)),
        ("log_friends_liked", {"cross": {"friends_liked": 3}}, math.log(4)),
        (
            "log_duration_over_dwell",
            {"viewer": {"totals": [0, 0, 0, 0, 0, 12, 4]}, "facts": {"log_duration_s": 7}},
            math.log(2),
        ),
    ],
)
def test_a_feature_is_what_its_line_says(name: str, given: dict[str, Any], expected: float) -> None:
    assert value(inputs(**given), name) == pytest.approx(expected, abs=2e-3)


def random_inputs(rows: int, viewers: int) -> Inputs:
    random = np.random.default_rng(3)
    given = inputs(rows, viewers=viewers)

    def shaken(part: Any) -> Any:
        changed = {}
        for name, column in part._asdict().items():
            high = 5 if column.dtype.kind != "u" else 2
            changed[name] = random.integers(0, high, column.shape).astype(column.dtype)
        return part._replace(**changed)

    return Inputs(*map(shaken, given))


def test_one_viewer_for_all_rows_gives_what_the_same_viewer_repeated_gives() -> None:
    once = random_inputs(7, 1)

    def repeated(part: Any) -> Any:
        return type(part)(*(np.repeat(column, 7, axis=0) for column in part))

    viewer: ViewerInputs = repeated(once.viewer)
    context: ContextInputs = repeated(once.context)
    many = Inputs(viewer, context, once.items, once.cross)
    np.testing.assert_allclose(feature_matrix(many), feature_matrix(once), rtol=1e-6, atol=1e-6)


def test_the_matrix_is_finite_whole_and_ready_for_the_model() -> None:
    matrix = feature_matrix(random_inputs(50, 50))
    assert matrix.shape == (50, FEATURE_COUNT)
    assert matrix.dtype == np.float32
    assert matrix.flags.c_contiguous
    assert np.isfinite(matrix).all()


def test_no_candidates_give_an_empty_matrix() -> None:
    assert feature_matrix(inputs(0)).shape == (0, FEATURE_COUNT)


@pytest.mark.parametrize(
    ("part", "changed", "problem"),
    [
        ("cross", {"friends_liked": np.zeros(2, np.float32)}, "2 rows .* of a candidate, 3"),
        ("context", {"now_ms": np.zeros(2, np.int64)}, "2 rows .* of a viewer, 1"),
        ("items", {"vector": np.zeros((3, 5), np.float16)}, "vector is 4 wide, not 5"),
        ("items", {"facts": np.zeros((3, 5), np.float16)}, "facts is 5 wide, not"),
        ("viewer", {"totals": np.zeros((1, 5), np.float32)}, "totals is 5 wide, not 7"),
    ],
)
def test_columns_that_do_not_fit_together_are_refused(
    part: str, changed: dict[str, np.ndarray], problem: str
) -> None:
    given = inputs(3)
    unfit = given._replace(**{part: getattr(given, part)._replace(**changed)})
    with pytest.raises(ValueError, match=problem):
        feature_matrix(unfit)


def test_as_many_viewers_as_rows_or_one() -> None:
    with pytest.raises(ValueError, match="2 viewers for 3 candidates"):
        feature_matrix(inputs(3, viewers=2))
