"""What candidate_gen asks of a shard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from serving.deadline import Deadline

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Columns = Mapping[str, npt.NDArray[Any]]

MAX_PARTS = 16
MAX_PART_IDS = 2_000
MAX_QUERY_VECTORS = 8
MAX_LIMIT = 1_000
MAX_ELIGIBILITY_IDS = 100_000
MAX_LOOKUP = 1_000


class PartKind(IntEnum):
    """How a part finds items; the score each kind gives is comparable between shards.

    VECTORS: largest dot product with any query row; the score is that product.
    AUTHORS: newest items of the authors `ids`; `(1 + weight) / (1 + age in days)`.
    ITEMS: the items themselves; the weight.
    CATEGORIES: items of the category codes `ids`;
        `(1 + weight) * log1p(popularity + 1) / (1 + age in days)`.
    POPULAR: most popular items of the viewer's region (all regions when unknown); popularity.
    FRESH: newest items; `1 / (1 + age in days)`.
    """

    VECTORS = 1
    AUTHORS = 2
    ITEMS = 3
    CATEGORIES = 4
    POPULAR = 5
    FRESH = 6


KINDS_WITH_IDS = (PartKind.AUTHORS, PartKind.ITEMS, PartKind.CATEGORIES)


@dataclass(frozen=True, slots=True)
class SearchPart:
    """One source's question to every shard.

    Attributes:
        limit: Hits wanted from each shard, in [1, 1000].
        vectors: `float32[q, dim]`, q <= 8; VECTORS only.
        ids: `int64[k]`, k <= 2000; AUTHORS, ITEMS and CATEGORIES only.
        weights: `float32[k]`, >= 0, parallel to `ids`.
    """

    kind: PartKind
    limit: int
    vectors: Floats | None = None
    ids: Ids | None = None
    weights: Floats | None = None


@dataclass(frozen=True, slots=True)
class Eligibility:
    """What a viewer may see; a shard applies it to every part before the part's limit.

    An item is eligible when it was created at or after `oldest_ms`, is not excluded, its region
    and language suit (either side unknown suits), it is not sensitive or the viewer allows that,
    and it is public, or for followers and its author in `followed_ids`, or for friends and its
    author in `friend_ids`, or for a group in `group_ids`.

    Attributes:
        oldest_ms: 0 for no limit.
        region, language: Vocabulary codes; 0 unknown.
        followed_ids, friend_ids, group_ids: `int64`, ascending.
        excluded_item_ids, excluded_author_ids: `int64`, ascending, distinct.
    """

    viewer_id: int
    now_ms: int
    oldest_ms: int
    region: int
    language: int
    allow_sensitive: bool
    followed_ids: Ids
    friend_ids: Ids
    group_ids: Ids
    excluded_item_ids: Ids
    excluded_author_ids: Ids


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """All parts of one request; a shard client asks the shards it stands for, each once.

    Attributes:
        probe_share: In (0, 1], of the probes that recall needs, for indexes that are probed.
    """

    generation: str
    eligibility: Eligibility
    parts: Sequence[SearchPart]
    probe_share: float = 1.0


@dataclass(frozen=True, slots=True)
class PartHits:
    """One part's hits in one shard, best first.

    Attributes:
        rows: `int32[h]`, rows of the answer's columns.
        scores: `float32[h]`, descending; ties by smaller item id.
    """

    rows: npt.NDArray[np.int32]
    scores: Floats


@dataclass(frozen=True, slots=True)
class ShardAnswer:
    """What one shard found.

    Attributes:
        shard: Number of the shard in its generation.
        columns: `generation.item_columns.CANDIDATE_COLUMNS`, one row per distinct item.
        parts: One entry per part asked, in that order.
        bus_lag_messages: Bus messages it has yet to apply.
        probed_less: Whether `probe_share` made a difference here.
    """

    shard: int
    columns: Columns
    parts: Sequence[PartHits]
    bus_lag_messages: int
    probed_less: bool = False


class ShardClient(Protocol):
    """One process that holds one or more whole shards. Several replicas hide behind one client."""

    async def search(self, request: SearchRequest, deadline: Deadline) -> list[ShardAnswer]:
        """Answer every part in each of its shards.

        Raises:
            InvalidRequestError: a part breaks a limit, or a vector is not finite or too wide.
            PreconditionError: it does not hold `request.generation`.
            DependencyError, NotReadyError, DeadlineError: no answer from it in this request.
        """
        ...

    async def lookup(
        self, generation: str, item_ids: Ids, now_ms: int, deadline: Deadline
    ) -> Columns:
        """CANDIDATE_COLUMNS of those of `item_ids` it holds, in no particular order."""
        ...
