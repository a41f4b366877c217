"""Keeps the garbage collector away from what a server loads once and keeps for ever."""

import atexit
import gc

ORDINARY = gc.get_threshold()
WHILE_LOADING = (200_000, 50, 100)
"""New objects until a look: some ten looks per start, and one now and then if it has to replay."""


def hold_collector() -> None:
    """Call first in a process that will `settle_heap`: what is being loaded is not garbage.

    Looking for some again and again takes a tenth of the time until a server serves.
    """
    gc.set_threshold(*WHILE_LOADING)


def settle_heap() -> None:
    """Call once everything is loaded: later collections then look at requests' objects only.

    A full collection over the start-up heap holds the event loop for tens of milliseconds.
    """
    if gc.get_threshold() == ORDINARY:  # loading leaves a MiB, what commands do before may be more
        gc.collect()
    gc.freeze()
    gc.set_threshold(*ORDINARY)
    # What is frozen at exit looks like a leak to extension modules, which then print pages of it.
    atexit.register(gc.unfreeze)
