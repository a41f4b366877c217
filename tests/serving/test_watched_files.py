"""Files that change are read again; files that are no good change nothing."""

import pytest
from structlog.testing import capture_logs

from serving.metrics_recorder import Metrics
from serving.watched_files import CHECK_S, RETRY_S, WatchedFiles
from tests.serving.test_metrics import value_of

REFUSED = 'feedrank_secret_reloads_total{files="numbers",outcome="refused"}'


class World:
    """A file with a number, who watches it, and the clock both live by."""

    def __init__(self, folder) -> None:
        self.path, self.now_s, self.metrics = folder / "number", 0.0, Metrics()
        self.path.write_text("1")
        self.watched = WatchedFiles(
            "numbers", [self.path], self._read, self.metrics, lambda: self.now_s
        )

    def _read(self) -> int:
        return int(self.path.read_text())

    def later(self) -> int:
        self.now_s += CHECK_S
        return self.watched.value


@pytest.fixture
def world(tmp_path) -> World:
    return World(tmp_path)


def test_a_changed_file_is_read_at_the_next_look(world):
    world.path.write_text("22")
    assert world.watched.value == 1
    assert world.later() == 22


def test_a_link_that_is_pointed_elsewhere_counts_as_changed(tmp_path):
    (tmp_path / "one").write_text("1")
    (tmp_path / "number").symlink_to(tmp_path / "one")
    world = World(tmp_path)
    (tmp_path / "two").write_text("2")
    world.path.unlink()
    world.path.symlink_to(tmp_path / "two")
    assert world.later() == 2


def test_a_damaged_file_leaves_the_old_value_and_is_told_once(world):
    world.path.write_text("damaged")
    with capture_logs() as lines:
        assert [world.later(), world.later()] == [1, 1]
    assert [line["log_level"] for line in lines] == ["error"]
    assert value_of(world.metrics, REFUSED) == "1.0"


def test_what_was_no_good_is_tried_again_as_it_is(tmp_path):
    world, is_valid = World(tmp_path), False

    def read() -> int:
        if not is_valid:
            raise ValueError("not valid yet")
        return 2

    world.path.write_text("2")
    world.watched._read = read
    assert world.later() == 1
    is_valid = True
    assert world.later() == 1
    world.now_s += RETRY_S
    assert world.later() == 2


def test_what_is_still_no_good_is_not_told_again(world):
    world.path.write_text("damaged")
    with capture_logs() as lines:
        for _ in range(3):
            assert world.later() == 1
            world.now_s += RETRY_S
    assert len(lines) == 1
    assert value_of(world.metrics, REFUSED) == "1.0"


def test_a_file_that_is_gone_leaves_the_old_value_and_no_path_in_the_log(world):
    world.path.unlink()
    with capture_logs() as lines:
        assert world.later() == 1
    assert str(world.path.parent) not in str(lines)
    world.path.write_text("3")
    assert world.later() == 3


def test_a_file_that_is_damaged_at_first_is_an_error(tmp_path):
    (tmp_path / "number").write_text("none")
    with pytest.raises(ValueError, match="none"):
        WatchedFiles("numbers", [], lambda: int((tmp_path / "number").read_text()), Metrics())
