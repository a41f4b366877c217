"""Applies what is on the bus to all stores that keep effects, until it is done or killed.

Prints a line after every write and `done` at the end. It is a process of its own because `kill -9`
is the only way to end without a last word.
"""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from ann_shards.counter_aggregator import CounterAggregator
from candidate_gen.viewer_state.updater import ViewerStateUpdater
from generation import layout
from generation.manifest import Manifest
from generation.vocabulary import Vocabulary
from serving.bus.not_ahead import NotAhead
from serving.bus.open_bus import open_bus
from serving.bus.topics import ACTIONS
from serving.metrics_recorder import Metrics
from serving.state.open_state_store import open_state_store
from serving.state.rocksdb_state_store import RocksDbStateStore
from serving.state.state_store import StateStore, Update, Versioned
from social_graph.graph_records import GraphRecords
from social_graph.graph_updater import GraphUpdater, first_offsets
from social_graph.load import load_base
from social_graph.overlay_writer import OverlayWriter
from tests.serving.state.counting_consumer import until_answered

PATIENCE_S = 60.0
DONE = "done"


class Telling:
    """A store that says when it has written."""

    def __init__(self, store: StateStore) -> None:
        self._store = store
        self.counters = store.counters

    async def read(self, keys: Sequence[bytes]) -> list[Versioned | None]:
        return await self._store.read(keys)

    async def write(self, updates: Sequence[Update], *, all_or_none: bool = False) -> list[bool]:
        written = await self._store.write(updates, all_or_none=all_or_none)
        print("written", flush=True)
        return written

    async def ping(self) -> None:
        await self._store.ping()

    async def close(self) -> None:
        await self._store.close()


async def main(bus_address: str, state: str, home: Path, generation: Path) -> None:
    manifest = Manifest.read(generation)
    names = Vocabulary.read(generation / layout.VOCABULARY)
    bus, store = open_bus(bus_address), Telling(open_state_store(state))
    overlay = Telling(RocksDbStateStore(home / "overlay"))
    graph = GraphUpdater(
        bus,
        OverlayWriter(
            overlay,
            GraphRecords(load_base(generation, manifest, home), overlay),
            manifest.name,
            first_offsets(manifest),
            authors_are_viewers=manifest.authors_are_viewers,
        ),
        Metrics(),
        NotAhead(manifest.data_time_ms),
    )
    viewers = ViewerStateUpdater(bus, store, manifest, names.categories, range(ACTIONS.partitions))
    counters = CounterAggregator(bus, store, manifest, Metrics())
    await bus.start()
    graph.start()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(viewers.run())
        counting = await until_answered(counters.open_consumer)
        tasks.create_task(counting.run())
        for reader in (graph, viewers, counting):
            assert await reader.caught_up(PATIENCE_S)
        print(DONE, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])))
