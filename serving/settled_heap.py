"""Keeps the garbage collector away from what a server loads once and keeps for ever."""

import atexit
import gc


def settle_heap() -> None:
    """Call once everything is loaded: later collections then look at requests' objects only.

    A full collection over the start-up heap holds the event loop for tens of milliseconds.
    """
    gc.collect()
    gc.freeze()
    # What is frozen at exit looks like a leak to extension modules, which then print pages of it.
    atexit.register(gc.unfreeze)
