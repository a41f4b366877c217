"""Opens the social graph that a process serves."""

import asyncio
import shutil
from pathlib import Path

import structlog

from generation.graph_records import Kind
from generation.manifest import Manifest
from serving.bus.bus import Bus
from serving.bus.not_ahead import NotAhead
from serving.metrics_recorder import Metrics
from serving.native_executor import NativeExecutor
from serving.state.rocksdb_state_store import RocksDbStateStore
from serving.state.set_aside import open_or_rebuild
from social_graph.graph_records import GraphRecords
from social_graph.graph_updater import GraphUpdater, first_offsets
from social_graph.load import load_base
from social_graph.overlaid_keys import OverlaidKeys
from social_graph.overlay_writer import OverlayWriter
from social_graph.social_graph import SocialGraph

GRAPH = "graph"
OVERLAY = "overlay"
GENERATIONS_KEPT = 2
"""The one in service, and the one before it to go back to."""

log = structlog.get_logger()


async def open_social_graph(
    generation_folder: Path,
    manifest: Manifest,
    home: Path,
    bus: Bus,
    metrics: Metrics,
    executor: NativeExecutor | None = None,
) -> SocialGraph:
    """Open the graph of a generation below `home`; `start` makes it follow the bus.

    Reads every byte of the graph once, in a thread, and writes it anew at first start. One process
    may own `home`'s graph of a generation.

    Args:
        executor: Reads the base off the event loop; on it when `None`.

    Raises:
        InvalidGenerationError: a file of the generation is missing or damaged; names it.
        StateUnavailableError: another process owns the graph.
    """
    folder = home / GRAPH / manifest.name
    folder.mkdir(parents=True, exist_ok=True)
    # The overlay comes first: its lock keeps other processes away from the base while it is made.
    overlay = await asyncio.to_thread(open_or_rebuild, folder / OVERLAY, RocksDbStateStore)
    base = None
    try:
        base = await asyncio.to_thread(load_base, generation_folder, manifest, folder)
        overlaid = await asyncio.to_thread(_overlaid_keys, overlay)
    except BaseException:
        await overlay.close()
        if base is not None:
            base.close()
        raise
    _remove_old(folder)
    records = GraphRecords(base, overlay, executor, overlaid)
    writer = OverlayWriter(
        overlay,
        records,
        manifest.name,
        first_offsets(manifest),
        authors_are_viewers=manifest.authors_are_viewers,
    )
    return SocialGraph(
        manifest.name,
        base,
        overlay,
        records,
        GraphUpdater(bus, writer, metrics, NotAhead(manifest.data_time_ms)),
        authors_are_viewers=manifest.authors_are_viewers,
    )


def _overlaid_keys(overlay: RocksDbStateStore) -> OverlaidKeys:
    overlaid = OverlaidKeys()
    for kind in Kind:
        overlaid.add(overlay.keys(kind.prefix))
    return overlaid


def _remove_old(in_service: Path) -> None:
    """Keep the folder in service and those used last before it."""
    (in_service / "used").touch()
    used = sorted(
        (path for path in in_service.parent.iterdir() if path.is_dir() and path != in_service),
        key=_last_used_s,
        reverse=True,
    )
    for folder in used[GENERATIONS_KEPT - 1 :]:
        log.info("graph of an old generation removed", folder=str(folder))
        shutil.rmtree(folder)


def _last_used_s(folder: Path) -> float:
    used = folder / "used"
    return used.stat().st_mtime if used.exists() else 0.0
