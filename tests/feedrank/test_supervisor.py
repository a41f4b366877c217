"""The supervisor over real child processes that end, hang and will not start."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from feedrank import process_keeper, supervisor
from feedrank.real.server_process import ServerStartError
from feedrank.stack import Stack
from feedrank.supervisor import GaveUpError, Supervisor
from serving.process import CANNOT_START
from tests.feedrank.small_process import SmallProcess

PATIENCE_S = 30.0


def until(is_so: Callable[[], bool]) -> None:
    give_up_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < give_up_s, "it never came so"
        time.sleep(0.01)


class Watched:
    """A store and two services, the second an edge, started and watched in a thread."""

    def __init__(self, folder: Path) -> None:
        self.store = SmallProcess(folder, "store")
        self.first = SmallProcess(folder, "first")
        self.edge = SmallProcess(folder, "feed_assembly")
        self.said: list[str] = []
        self.stopped = threading.Event()
        self.failure: BaseException | None = None
        processes = Stack([self.store], [self.first, self.edge])
        self.supervisor = Supervisor(processes, self.said.append, self.stopped)
        self._thread = threading.Thread(target=self._watch)

    def start(self) -> None:
        self.supervisor.start()
        self._thread.start()

    def end(self) -> None:
        self.stopped.set()
        if self._thread.is_alive():
            self._thread.join(PATIENCE_S)
        self.supervisor.stop()

    def has_said(self, words: str) -> bool:
        return any(words in line for line in self.said)

    def _watch(self) -> None:
        try:
            self.supervisor.watch()
        except GaveUpError as error:
            self.failure = error


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path)
    yield watched
    watched.end()


def kill(process: SmallProcess) -> None:
    os.kill(process.process_id, signal.SIGKILL)


def test_a_process_that_was_killed_is_started_again(watched: Watched) -> None:
    watched.start()
    kill(watched.first)
    until(lambda: watched.has_said("first answers again"))
    assert watched.has_said("first ended with code -9")
    assert (watched.first.starts, watched.edge.starts) == (2, 1)


def test_a_store_is_kept_running_as_well(watched: Watched) -> None:
    watched.start()
    kill(watched.store)
    until(lambda: watched.has_said("store answers again"))


def test_the_pause_of_one_keeps_no_other_waiting(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.start()
    monkeypatch.setattr(process_keeper, "FIRST_PAUSE_S", 60.0)
    monkeypatch.setattr(process_keeper, "LONGEST_PAUSE_S", 60.0)
    kill(watched.first)
    until(lambda: watched.has_said("first ended"))
    monkeypatch.setattr(process_keeper, "LONGEST_PAUSE_S", 0.0)
    kill(watched.edge)
    until(lambda: watched.has_said("feed_assembly answers again"))
    assert not watched.has_said("first answers again")
    began_s = time.monotonic()
    watched.end()
    assert time.monotonic() - began_s < PATIENCE_S, "a pause ends when all ends"


def test_a_hung_process_is_killed_and_started_again(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_keeper, "ASK_EVERY_S", 0.05)
    monkeypatch.setattr(process_keeper, "HUNG_AFTER_S", 1.0)
    watched.start()
    watched.first.pause()
    until(lambda: watched.has_said("first answers again"))
    assert watched.has_said("first answered nobody for 1 s and was killed")
    assert watched.edge.starts == 1


def test_one_that_cannot_start_again_is_given_up_and_the_rest_goes_on(watched: Watched) -> None:
    watched.start()
    watched.first.code = CANNOT_START
    kill(watched.first)
    until(lambda: watched.has_said("GIVEN UP"))
    kill(watched.edge)
    until(lambda: watched.has_said("feed_assembly answers again"))
    assert watched.first.starts == 2
    watched.end()
    assert f"first ended with code {CANNOT_START}" in str(watched.failure)


def test_one_that_ends_again_and_again_is_given_up(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_keeper, "FIRST_PAUSE_S", 0.001)
    watched.start()
    watched.first.code = 3
    kill(watched.first)
    until(lambda: watched.has_said("GIVEN UP"))
    watched.end()
    assert "first ended with code 3, 7 times lately" in str(watched.failure)
    assert str(watched.first.log_path) in str(watched.failure)


def test_without_any_edge_all_ends(watched: Watched) -> None:
    watched.start()
    watched.edge.code = CANNOT_START
    kill(watched.edge)
    until(lambda: watched.failure is not None)
    assert f"feed_assembly ended with code {CANNOT_START}" in str(watched.failure)


def test_a_rolling_restart_tries_again_what_was_given_up(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "SETTLE_S", 0.01)
    watched.start()
    watched.first.code = CANNOT_START
    kill(watched.first)
    until(lambda: watched.has_said("GIVEN UP"))
    watched.first.code = None
    watched.supervisor.restart_soon()
    until(lambda: watched.has_said("first was restarted"))
    watched.end()
    assert watched.failure is None


def test_a_rolling_restart_takes_services_one_at_a_time_and_leaves_stores(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "SETTLE_S", 0.01)
    watched.start()
    watched.supervisor.restart_soon()
    until(lambda: watched.has_said("every service was restarted"))
    restarts = [line for line in watched.said if line.endswith(" was restarted")]
    assert restarts[:2] == ["first was restarted", "feed_assembly was restarted"]
    assert [p.starts for p in (watched.store, watched.first, watched.edge)] == [1, 2, 2]
    assert not watched.has_said("ended")


def test_a_rolling_restart_ends_where_one_does_not_come_back(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "SETTLE_S", 0.01)
    monkeypatch.setattr(process_keeper, "FIRST_PAUSE_S", 0.001)
    watched.start()
    watched.first.code = 3
    watched.supervisor.restart_soon()
    until(lambda: watched.has_said("the rolling restart ends here"))
    watched.first.code = None
    until(lambda: watched.has_said("first answers again"))
    assert watched.edge.starts == 1


def test_what_does_not_start_leaves_nothing_running(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.edge.code = 3
    with pytest.raises(ServerStartError, match=r"feed_assembly .* ended with status 3"):
        watched.supervisor.start()
    assert not any(p.is_running for p in (watched.store, watched.first, watched.edge))


def test_a_stop_while_it_starts_ends_the_wait(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.stopped.set()
    with pytest.raises(ServerStartError, match="given up"):
        watched.supervisor.start()
    assert not watched.store.is_running
