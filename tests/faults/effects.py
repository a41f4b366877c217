"""Compares what was acknowledged with what took effect, in the viewers' overlay itself."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from candidate_gen.viewer_state.states import LayeredStates, open_viewer_states
from generation.manifest import Manifest
from generation.publish import current
from serving.errors import StateUnavailableError
from serving.state.open_state_store import open_state_store
from tests.faults.watch import Actor

SETTLE_S = 60.0
"""Longest until what was acknowledged is applied; consumers may have to come back first."""
POLL_S = 0.3


@dataclass(frozen=True, slots=True)
class Counted:
    """One viewer: items seen, and impressions counted."""

    seen: set[int]
    impressions: int


def lost_and_double(generations: Path, state: str, actor: Actor) -> dict[str, int]:
    """Acknowledged actions without effect, and effects beyond one per action.

    Args:
        state: Address of the store, as in `open_state_store`; nobody may hold an embedded one.
    """

    def read() -> dict[str, int]:
        return asyncio.run(_settled(generations, state, actor))

    # pytest may have a loop in this thread.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(read).result()


async def _settled(generations: Path, state: str, actor: Actor) -> dict[str, int]:
    folder = current(generations)
    manifest = Manifest.read(folder)
    store = open_state_store(state)
    give_up_s = time.monotonic() + SETTLE_S
    try:
        states = open_viewer_states(folder, manifest, store)
        while True:
            counted = {v: await _counted(states, v, manifest.data_time_ms) for v in actor.sent}
            result = _compare(actor, counted)
            if not result["lost"] or time.monotonic() > give_up_s:
                return result
            await asyncio.sleep(POLL_S)
    finally:
        await store.close()


def _compare(actor: Actor, counted: dict[int, Counted]) -> dict[str, int]:
    lost = double = 0
    for viewer, found in counted.items():
        lost += len(actor.acknowledged.get(viewer, set()) - found.seen)
        double += max(0, found.impressions - len(found.seen & actor.sent[viewer]))
    return {"lost": lost, "double": double}


async def _counted(states: LayeredStates, viewer: int, now_ms: int) -> Counted:
    """A store whose answers are capped at some milliseconds is asked again."""
    give_up_s = time.monotonic() + SETTLE_S
    while True:
        try:
            state = await states.read(viewer, now_ms)
        except StateUnavailableError:
            if time.monotonic() > give_up_s:
                raise
            await asyncio.sleep(POLL_S)
        else:
            return Counted(set(state.seen_item_ids.tolist()), round(float(state.totals[0])))
