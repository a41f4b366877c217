"""A goal says whether it is reached, and never guesses."""

from benchmarks.speed.goals import GOALS, Goal

AT_MOST_TWO = Goal("cost", 2, "×", True, lambda results: float(results["cost"]))


def test_a_figure_that_was_not_measured_is_not_called_reached() -> None:
    assert AT_MOST_TWO.row({}) == ["cost", "≤ 2×", "", "not measured"]
    assert {goal.row({})[-1] for goal in GOALS} == {"not measured"}


def test_the_bound_itself_is_reached_and_what_is_beyond_is_not() -> None:
    assert AT_MOST_TWO.row({"cost": 2.0})[-1] == "yes"
    assert AT_MOST_TWO.row({"cost": 2.1})[-1] == "**not reached**"


def cold(cpu_ms: float, ranked: int, degraded: int) -> dict[str, object]:
    return {"cpu_ms": cpu_ms, "pages": {"ranked": ranked, "degraded": degraded}}


def test_answers_that_left_something_out_give_no_figure() -> None:
    floor = {"cpu_us": 4_000.0, "busy": {"cpu_us": 5_000.0}}
    cells = {"cold c=8": cold(15.0, 100, 1), "cold c=32": cold(10.0, 100, 90)}
    row = GOALS[0].row({"floor": floor, "embedded": {"closed": cells}})
    assert row[2:] == ["", "no figure: 90% of the answers were degraded; 3× at c=8"]
    cells["cold c=32"] = cold(10.0, 100, 5)
    row = GOALS[0].row({"floor": floor, "embedded": {"closed": cells}})
    assert row[2:] == ["2×", "yes"]
