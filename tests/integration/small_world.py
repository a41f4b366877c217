"""A small social world, from nothing to a generation in service, as `feedrank demo` makes it."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from generation.publish import make_current
from simulator import WorldSettings, simulate, write_world
from spark_jobs.build import build_generation
from spark_jobs.engine import Engine
from spark_jobs.implicit_als import ImplicitAls
from spark_jobs.local_engine import LocalEngine
from tables.dataset import Dataset
from tables.importer import import_canonical

SETTINGS = WorldSettings(viewer_count=300, item_count=2_000, day_count=5)
SHARD_COUNT = 2
UNKNOWN_VIEWERS = (1_000_001, 1_000_002, 9_007_199_254_740_993)
"""Nobody's ids; the last one does not fit a float64."""


@dataclass(frozen=True, slots=True)
class SmallWorld:
    """What a build leaves behind: a data folder and a folder of generations with `CURRENT`."""

    data: Path
    generations: Path

    def rows(self, table: str) -> list[dict[str, object]]:
        """All rows of a canonical table."""
        files = Dataset.open(self.data).files(table)
        return [row for file in files for row in pq.read_table(file).to_pylist()]

    def build(self) -> Path:
        """Build a generation from the data as it is now, and put it into service."""
        engine = LocalEngine(workers=2)
        try:
            return _build(self.data, self.generations, engine)
        finally:
            engine.close()


def make_small_world(folder: Path, settings: WorldSettings = SETTINGS) -> SmallWorld:
    """Simulate, import and build below `folder`. Takes some seconds."""
    raw = folder / "raw"
    write_world(simulate(settings), raw)
    import_canonical(raw, folder / "data")
    world = SmallWorld(folder / "data", folder / "generations")
    world.build()
    return world


def _build(data: Path, generations: Path, engine: Engine) -> Path:
    built = build_generation(
        data, generations, engine=engine, fit=ImplicitAls(), shards=SHARD_COUNT, seed=7
    )
    make_current(generations, built.name)
    return built
