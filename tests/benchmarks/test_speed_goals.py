"""A goal says whether it is reached, and never guesses."""

from benchmarks.speed.goals import GOALS, Goal

AT_MOST_TWO = Goal("cost", 2, "×", True, lambda results: float(results["cost"]))


def test_a_figure_that_was_not_measured_is_not_called_reached() -> None:
    assert AT_MOST_TWO.row({}) == ["cost", "≤ 2×", "", "not measured"]
    assert {goal.row({})[-1] for goal in GOALS} == {"not measured"}


def test_the_bound_itself_is_reached_and_what_is_beyond_is_not() -> None:
    assert AT_MOST_TWO.row({"cost": 2.0})[-1] == "yes"
    assert AT_MOST_TWO.row({"cost": 2.1})[-1] == "**not reached**"


def turn(cpu_ms: float, degraded: int) -> dict[str, object]:
    pages = {"ranked": 100, "degraded": degraded}
    return {"alone_us": 4_000.0, "busy_us": 5_000.0, "cpu_ms": cpu_ms, "pages": pages}


def test_cost_over_the_floor_is_that_of_the_same_turns() -> None:
    measured = {"embedded": {"over_floor": [turn(9.0, 5), turn(11.0, 5)]}}
    assert GOALS[0].row(measured)[2:] == ["2×", "yes"]
    assert GOALS[1].row(measured)[2:] == ["2.5×", "**not reached**"]


def test_answers_that_left_something_out_give_no_figure() -> None:
    closed = {"cold c=8": {"cpu_ms": 15.0, "pages": {"ranked": 100, "degraded": 1}}}
    measured = {"embedded": {"over_floor": [turn(10.0, 90)], "closed": closed}}
    assert GOALS[0].row(measured)[2:] == [
        "",
        "no figure: 90% of the answers were degraded; 3× at c=8",
    ]
