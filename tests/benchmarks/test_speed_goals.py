"""A goal says whether it is reached, and never guesses."""

from benchmarks.speed.goals import GOALS, Goal

AT_MOST_TWO = Goal("cost", 2, "×", True, lambda results: float(results["cost"]))


def test_a_figure_that_was_not_measured_is_not_called_reached() -> None:
    assert AT_MOST_TWO.row({}) == ["cost", "≤ 2×", "", "not measured"]
    assert {goal.row({})[-1] for goal in GOALS} == {"not measured"}


def test_the_bound_itself_is_reached_and_what_is_beyond_is_not() -> None:
    assert AT_MOST_TWO.row({"cost": 2.0})[-1] == "yes"
    assert AT_MOST_TWO.row({"cost": 2.1})[-1] == "**not reached**"
