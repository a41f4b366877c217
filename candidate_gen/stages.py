"""The kinds of stage in the candidate pipeline. `pipeline.py` has the one list of all of them.

`n` is the number of candidates a stage is given. No stage does I/O: the pipeline asks neighbours,
and decides what a failure means. Time is `query.request.now_ms`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from candidate_gen.batch import CandidateBatch, Column, Mask, Query
from serving.contracts.shard import Floats, Ids, PartKind


@dataclass(frozen=True, slots=True)
class Question:
    """What a source asks every shard; fields as in `SearchPart`, which adds how many it wants."""

    kind: PartKind
    vectors: Floats | None = None
    ids: Ids | None = None
    weights: Floats | None = None


class Source(Protocol):
    """Finds candidates. All plans travel in one search per shard; best hits of all shards merge."""

    @property
    def name(self) -> str:
        """As in `serving.contracts.sources`."""
        ...

    def plan(self, query: Query) -> Question | None:
        """Say what to ask every shard for; `None` to sit this request out."""
        ...


class Filter(Protocol):
    """Decides who stays."""

    @property
    def name(self) -> str: ...

    @property
    def is_safety(self) -> bool:
        """Whether people may be shown what they must not be where it is switched off."""
        ...

    def keep(self, query: Query, batch: CandidateBatch) -> Mask:
        """Return `bool[n]`, true for rows that stay."""
        ...


class Hydrator(Protocol):
    """Adds columns. Hydrators see the filters' survivors and not each other's columns."""

    @property
    def name(self) -> str: ...

    @property
    def columns(self) -> Sequence[str]:
        """What it adds, of `CROSS_COLUMNS`: their missing values stand in for it."""
        ...

    def hydrate(self, query: Query, batch: CandidateBatch) -> dict[str, Column]:
        """Return `columns`, each with first axis `n`."""
        ...
