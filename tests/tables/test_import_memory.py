"""A million rows import within the bound that ten and twenty million have."""

from pathlib import Path

import pytest

from benchmarks.import_memory import BOUND_MIB, REPEATED_SHARE, measure, write_actions

ROWS = 1_000_000


@pytest.mark.parametrize("ending", ["parquet", "csv.gz"])
def test_a_million_actions_stay_within_the_bound(tmp_path: Path, ending: str) -> None:
    source = tmp_path / "in"
    source.mkdir()
    write_actions(source, ROWS, ending)
    measured = measure(source, tmp_path / "data")
    assert measured["peak_mib"] < BOUND_MIB
    assert measured["read"] == ROWS
    assert measured["duplicates"] == pytest.approx(ROWS * REPEATED_SHARE, rel=0.01)
