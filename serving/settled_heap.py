"""Keeps the garbage collector away from what a server loads once and keeps for ever."""

import gc


def settle_heap() -> None:
    """Call once everything is loaded: later collections then look at requests' objects only.

    A full collection over the start-up heap holds the event loop for tens of milliseconds.
    """
    gc.collect()
    gc.freeze()
