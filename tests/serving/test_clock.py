import multiprocessing

import pytest

from serving.clock import DAY_MS, OffsetClock, WallClock, data_clock_offset, open_clock
from tests.serving.fixed_clock import NOON_MS, FixedClock

YEAR_AGO_MS = NOON_MS - 365 * DAY_MS


def test_the_data_clock_starts_at_the_data_time_and_runs_with_the_wall(tmp_path):
    wall = FixedClock(NOON_MS)
    clock = open_clock("data", tmp_path, "g1", YEAR_AGO_MS, wall=wall)
    assert clock.now_ms() == YEAR_AGO_MS
    wall.advance(5_000)
    assert clock.now_ms() == YEAR_AGO_MS + 5_000


def test_after_a_restart_time_has_run_on(tmp_path):
    data_clock_offset(tmp_path, "g1", YEAR_AGO_MS, FixedClock(NOON_MS))
    restarted = open_clock("data", tmp_path, "g1", YEAR_AGO_MS, wall=FixedClock(NOON_MS + DAY_MS))
    assert restarted.now_ms() == YEAR_AGO_MS + DAY_MS


def test_a_generation_with_older_data_does_not_turn_time_back(tmp_path):
    first = data_clock_offset(tmp_path, "g1", YEAR_AGO_MS, FixedClock(NOON_MS))
    assert data_clock_offset(tmp_path, "g0", YEAR_AGO_MS - DAY_MS, FixedClock(NOON_MS)) == first


def test_a_generation_with_data_from_the_future_moves_time_forward(tmp_path):
    data_clock_offset(tmp_path, "g1", YEAR_AGO_MS, FixedClock(NOON_MS))
    newer = open_clock("data", tmp_path, "g2", YEAR_AGO_MS + DAY_MS, wall=FixedClock(NOON_MS))
    assert newer.now_ms() == YEAR_AGO_MS + DAY_MS


def test_the_wall_is_the_wall_whatever_the_data(tmp_path):
    wall = FixedClock(NOON_MS)
    assert open_clock("wall", tmp_path, "g1", YEAR_AGO_MS, wall=wall).now_ms() == NOON_MS
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("data_time_ms", "now_ms"),
    [(NOON_MS - DAY_MS, NOON_MS), (NOON_MS - DAY_MS - 1, NOON_MS - DAY_MS - 1)],
    ids=["a day old is live", "older is history"],
)
def test_auto_takes_the_wall_for_live_data_only(tmp_path, data_time_ms, now_ms):
    clock = open_clock("auto", tmp_path, "g1", data_time_ms, wall=FixedClock(NOON_MS))
    assert clock.now_ms() == now_ms


@pytest.mark.parametrize("age_days", [0, 365])
def test_auto_keeps_to_its_first_choice(tmp_path, age_days):
    data_time_ms = NOON_MS - age_days * DAY_MS
    first = open_clock("auto", tmp_path, "g1", data_time_ms, wall=FixedClock(NOON_MS))
    week_later = FixedClock(NOON_MS + 7 * DAY_MS)
    again = open_clock("auto", tmp_path, "g1", data_time_ms, wall=week_later)
    assert again.now_ms() == first.now_ms() + 7 * DAY_MS


def test_a_given_offset_is_used_and_nothing_is_written(tmp_path):
    clock = open_clock("auto", tmp_path, "g1", 0, offset_ms=-1_000, wall=FixedClock(NOON_MS))
    assert clock.now_ms() == NOON_MS - 1_000
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_anchor_is_named(tmp_path):
    (tmp_path / "clock.json").write_text('{"clock": "data"', "utf-8")
    with pytest.raises(ValueError, match=r"clock\.json does not hold a clock"):
        open_clock("data", tmp_path, "g1", YEAR_AGO_MS)


def test_processes_that_start_together_agree(tmp_path):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        arguments = [(tmp_path, "g1", YEAR_AGO_MS)] * 4
        offsets = pool.starmap(data_clock_offset, arguments, chunksize=1)
    assert len(set(offsets)) == 1


def test_the_wall_clock_is_the_time_of_the_machine(monkeypatch):
    monkeypatch.setattr("time.time_ns", lambda: NOON_MS * 1_000_000 + 999_999)
    assert WallClock().now_ms() == NOON_MS
    assert OffsetClock(-NOON_MS, WallClock()).now_ms() == 0
