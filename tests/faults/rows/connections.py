"""Callers that hold connections and do nothing with them."""

from contextlib import ExitStack

import psutil

from tests.faults.fault import fault
from tests.faults.lab import Lab
from tests.faults.seen import Seen
from tests.faults.slow_reader import ask_without_reading, begun_answers

CALLS = 30
IDLE = 200
SLOW, CALLS_EACH = 5, 40
"""Together fewer than the calls that a server takes at once."""
ROOM_BYTES = 64 * 1024 * 1024
VIEWER = 22_000_000


@fault(
    [31],
    f"{IDLE} idle connections and {SLOW * CALLS_EACH} calls whose callers never read",
    "others are answered in time; memory grows by the answers that wait, less than 64 MiB",
    fast=True,
)
def who_holds_on_and_does_not_read(lab: Lab) -> Seen:
    server = lab.embedded()
    with lab.watching(server.address) as watch, ExitStack() as stack:
        watch.wait_for(CALLS)
        process = psutil.Process(server.process_id)
        before = process.memory_info().rss
        for _ in range(IDLE):
            ask_without_reading(stack, "127.0.0.1", server.port, [])
        rude = []
        for first in range(VIEWER, VIEWER + SLOW * CALLS_EACH, CALLS_EACH):
            viewers = list(range(first, first + CALLS_EACH))
            rude.append(ask_without_reading(stack, "127.0.0.1", server.port, viewers))
        # Until most of the calls that nobody reads are through.
        watch.wait_for(CALLS)
        mark = watch.mark()
        watch.wait_for(CALLS)
        grown = process.memory_info().rss - before
        begun, sent_bytes = map(sum, zip(*map(begun_answers, rude), strict=True))
    seen = watch.seen(mark, note=f"memory grew by {grown / 2**20:.0f} MiB; {begun} answers wait")
    assert begun > SLOW * CALLS_EACH / 2, begun
    assert sent_bytes == 0, "nobody allowed a byte"
    assert lab.within_deadline(seen), seen.errors
    assert not seen.empty_pages
    assert grown < ROOM_BYTES, seen.note
    return seen
