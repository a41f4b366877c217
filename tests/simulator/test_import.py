"""A written world is canonical input: the importer takes every row of it."""

from simulator import simulate, write_world
from tables.importer import import_canonical
from tests.simulator.worlds import TINY


def test_the_importer_keeps_every_row(tmp_path):
    world = simulate(TINY)
    write_world(world, tmp_path / "raw")
    report = import_canonical(tmp_path / "raw", tmp_path / "data", now_ms=TINY.end_ms)
    assert report.authors_are_viewers
    assert report.has_impressions
    assert report.tables["actions"].kept == len(world.history.actions)
    for counts in report.tables.values():
        assert counts.read == counts.kept
        assert (counts.rejected, counts.duplicates, counts.added) == (0, 0, 0)
