"""What the overlay says of a viewer, read from the state store itself."""

from pathlib import Path

import numpy as np

from candidate_gen.viewer_state.states import LayeredStates, open_viewer_states
from candidate_gen.viewer_state.viewer import ViewerState
from generation.manifest import Manifest
from generation.publish import current
from serving.errors import StateUnavailableError
from serving.state.open_state_store import open_state_store

ATTEMPTS = 50


async def viewer_facts(generations: Path, state: str, viewer: int) -> dict[str, list[float]]:
    """Totals, positives and seen items, of the current generation and the overlay together.

    Args:
        state: Address of the store; no server may hold it if it is embedded.
    """
    folder = current(generations)
    manifest = Manifest.read(folder)
    store = open_state_store(state)
    try:
        states = open_viewer_states(folder, manifest, store)
        read = await _read(states, viewer, manifest.data_time_ms)
    finally:
        await store.close()
    return {
        "totals": np.round(read.totals, 3).tolist(),
        # Newest first; of the same millisecond in no particular order.
        "positives": sorted(read.positive_item_ids.tolist()),
        "seen": sorted(read.seen_item_ids.tolist()),
    }


async def _read(states: LayeredStates, viewer: int, now_ms: int) -> ViewerState:
    """One viewer; a store whose answers are capped at some milliseconds is asked again."""
    for _ in range(ATTEMPTS):
        try:
            return await states.read(viewer, now_ms)
        except StateUnavailableError as error:
            last = error
    raise last
