import os
import signal
import threading

from feedrank.signal_handling import on_signals

PATIENCE_S = 30.0


def test_an_action_may_set_what_the_main_thread_waits_for() -> None:
    """In a handler of its own that would wait for itself, now and then."""
    for _ in range(200):
        came = threading.Event()
        with on_signals({signal.SIGHUP: came.set}):
            os.kill(os.getpid(), signal.SIGHUP)
            assert came.wait(PATIENCE_S)


def test_afterwards_signals_mean_what_they_meant_before() -> None:
    before = signal.getsignal(signal.SIGHUP)
    with on_signals({signal.SIGHUP: lambda: None}):
        assert signal.getsignal(signal.SIGHUP) != before
    assert signal.getsignal(signal.SIGHUP) == before
