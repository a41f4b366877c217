"""What every job of one build knows: its input, where it works, what was found out before."""

from dataclasses import dataclass
from pathlib import Path

from generation.bus_positions import BusPositions, TopicOffsets
from generation.vocabulary import Vocabulary
from spark_jobs.engine import Engine
from tables.dataset import Dataset

ROWS_PER_PARTITION = 500_000
"""Actions per viewer partition, about: its columns fit in memory many times."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """Folders of one build, all on one file system; plain paths, so that it can travel to workers.

    Attributes:
        output: The generation that is being made.
        scratch: What only the build needs; deleted at its end.
    """

    output: Path
    scratch: Path

    @property
    def items(self) -> Path:
        """Items by shard, ordered by (created_ms, item_id): position is the row in the shard."""
        return self.scratch / "items"

    @property
    def actions(self) -> Path:
        """Canonical actions by shard of the item, ordered by (item_id, viewer_id, ...)."""
        return self.scratch / "actions"

    @property
    def viewers(self) -> Path:
        """Viewers by viewer partition, ordered by viewer_id."""
        return self.scratch / "viewers"

    @property
    def events(self) -> Path:
        """`event_columns` by shard of the item, in the order of `actions`."""
        return self.scratch / "events"

    @property
    def histories(self) -> Path:
        """`event_columns` by viewer partition, ordered by (viewer_id, occurred_ms, ...)."""
        return self.scratch / "histories"

    @property
    def relations(self) -> Path:
        """`RELATION_SCHEMA` by viewer partition, ordered by (viewer_id, kind, other_id)."""
        return self.scratch / "relations"

    @property
    def item_statistics(self) -> Path:
        """`part-*.arrow` per shard, row by row as in `items`: see `item_statistics`."""
        return self.scratch / "item_statistics"

    @property
    def author_statistics(self) -> Path:
        """One table over all authors: see `author_statistics`."""
        return self.scratch / "author_statistics.arrow"

    @property
    def vectors(self) -> Path:
        """What the vector fit on everything wrote: `items.arrow` and `viewers.arrow`."""
        return self.scratch / "vectors"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the survey of the data found; plain values, so that they can travel to workers.

    Attributes:
        viewer_partitions: Partitions of everything that is kept by viewer.
        data_time_ms: Unix ms up to which the data goes; ages are counted from here.
        popularity_half_life_ms: See `survey.popularity_half_life_ms`.
        bus_offsets, bus_positions: Which messages the data lacks, see `Manifest`.
    """

    shards: int
    viewer_partitions: int
    seed: int
    authors_are_viewers: bool
    has_impressions: bool
    data_time_ms: int
    popularity_half_life_ms: int
    bus_offsets: TopicOffsets
    bus_positions: BusPositions
    vocabulary: Vocabulary


@dataclass(frozen=True, slots=True)
class BuildContext:
    """Everything a planning function needs; stays on the driver."""

    dataset: Dataset
    engine: Engine
    workplace: Workplace
    facts: Facts
