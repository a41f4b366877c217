"""Compares what was acknowledged with what took effect, in the viewers' overlay itself."""

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults.watch import Actor
from tests.integration.viewer_facts import viewer_facts

SETTLE_S = 20.0
"""Longest until what was acknowledged is applied; consumers may have to come back first."""
POLL_S = 0.3


def lost_and_double(generations: Path, state: str, actor: Actor) -> dict[str, int]:
    """Acknowledged actions without effect, and effects beyond one per action.

    Args:
        state: Address of the store, as in `open_state_store`; nobody may hold an embedded one.
    """
    give_up_s = time.monotonic() + SETTLE_S
    while True:
        counted = {viewer: _counted(generations, state, viewer) for viewer in actor.sent}
        result = _compare(actor, counted)
        if not result["lost"] or time.monotonic() > give_up_s:
            return result
        time.sleep(POLL_S)


def _compare(actor: Actor, counted: Mapping[int, tuple[set[int], int]]) -> dict[str, int]:
    lost = double = 0
    for viewer, (seen, impressions) in counted.items():
        lost += len(actor.acknowledged.get(viewer, set()) - seen)
        double += max(0, impressions - len(seen & actor.sent[viewer]))
    return {"lost": lost, "double": double}


def _counted(generations: Path, state: str, viewer: int) -> tuple[set[int], int]:
    """Items seen, and impressions counted."""

    def read() -> dict[str, list[float]]:
        return asyncio.run(viewer_facts(generations, state, viewer))

    # pytest may have a loop in this thread.
    with ThreadPoolExecutor(1) as pool:
        facts = pool.submit(read).result()
    return {int(item) for item in facts["seen"]}, round(facts["totals"][0])
