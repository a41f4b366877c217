"""Liveness and readiness as plain web pages, for those who cannot ask over gRPC with TLS.

`/livez` says that the event loop turns, `/readyz` that this process should be called, as health
does for the whole server. Both are answered from a thread of the metrics endpoint, so that a loop
that stands still shows, too. Neither looks at Kafka, Redis or a neighbour.
"""

import asyncio
from collections.abc import Callable
from threading import Event

LIVE_S = 5.0
"""A loop that does not turn for so long may be given up."""

READY_S = 0.5
"""A loop that is later than this answers nobody in time: as `loop_stall` counts it."""

Probe = Callable[[], str | None]
"""What is wrong, in one line, or `None`. May be called in any thread, and take seconds."""


def probes(is_ready: Callable[[], bool]) -> dict[str, Probe]:
    """What each path answers; made in the loop that is asked for signs of life."""
    loop = asyncio.get_running_loop()

    def live() -> str | None:
        return None if _turns(loop, LIVE_S) else f"the event loop stood still for {LIVE_S} s"

    def ready() -> str | None:
        if not is_ready():
            return "loading, draining, or withdrawn while the event loop stood still"
        return None if _turns(loop, READY_S) else f"the event loop stood still for {READY_S} s"

    return {"/livez": live, "/readyz": ready}


def _turns(loop: asyncio.AbstractEventLoop, within_s: float) -> bool:
    turned = Event()
    try:
        loop.call_soon_threadsafe(turned.set)
    except RuntimeError:  # the loop is closed: the process is ending
        return False
    return turned.wait(within_s)
