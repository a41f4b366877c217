"""Neighbours that answer what a test lays out for them, and remember what they were asked."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from candidate_gen.viewer_state.viewer import ViewerState
from serving.contracts.graph import Neighbourhood, NeighbourhoodLimits, Relations
from serving.contracts.rank import RankReply, RankRequest
from serving.contracts.shard import (
    Columns,
    Ids,
    PartHits,
    PartKind,
    SearchRequest,
    ShardAnswer,
)
from serving.deadline import Deadline
from tests.candidate_gen.builders import a_viewer, item_columns

Found = Mapping[PartKind, Mapping[int, float]]
"""Per kind of part: item id -> score."""


class FakeShard:
    """One process with one shard: of the laid out items, those with `item_id % shard_count`.

    It applies limits, and of what is eligible the excluded items and authors.
    """

    def __init__(
        self,
        shard: int,
        shard_count: int,
        found: Found,
        columns: Mapping[str, Sequence[Any]] | None = None,
    ) -> None:
        self.shard = shard
        self.requests: list[SearchRequest] = []
        self.failure: Exception | None = None
        every = sorted({item for hits in found.values() for item in hits})
        table = item_columns(every, **(columns or {}))
        self._columns = {
            name: values[table["item_id"] % shard_count == shard] for name, values in table.items()
        }
        self._found = found

    async def search(self, request: SearchRequest, deadline: Deadline) -> list[ShardAnswer]:
        del deadline
        self.requests.append(request)
        if self.failure:
            raise self.failure
        parts = [self._hits(request, part.kind, part.limit) for part in request.parts]
        probed_less = request.probe_share < 1
        return [ShardAnswer(self.shard, self._columns, parts, self.shard, probed_less)]

    async def lookup(
        self, generation: str, item_ids: Ids, now_ms: int, deadline: Deadline
    ) -> Columns:
        raise NotImplementedError("the pipeline looks nothing up")

    def _hits(self, request: SearchRequest, kind: PartKind, limit: int) -> PartHits:
        scores = self._found.get(kind, {})
        item_ids, authors = self._columns["item_id"], self._columns["author_id"]
        excluded = np.isin(item_ids, request.eligibility.excluded_item_ids)
        excluded |= np.isin(authors, request.eligibility.excluded_author_ids)
        rows = [r for r, item in enumerate(item_ids.tolist()) if item in scores and not excluded[r]]
        rows.sort(key=lambda r: (-scores[int(item_ids[r])], item_ids[r]))
        rows = rows[:limit]
        hit_scores = [scores[int(item_ids[r])] for r in rows]
        return PartHits(np.array(rows, np.int32), np.array(hit_scores, np.float32))


class FakeGraph:
    """Knows one neighbourhood, and relations by author."""

    def __init__(
        self, neighbourhood: Neighbourhood, flags: Mapping[int, int] | None = None
    ) -> None:
        self._neighbourhood = neighbourhood
        self._flags = flags or {}
        self.neighbourhood_failure: Exception | None = None
        self.relations_failure: Exception | None = None
        self.authors_asked: list[npt.NDArray[np.int64]] = []

    async def neighbourhood(
        self,
        generation: str,
        viewer_id: int,
        now_ms: int,
        limits: NeighbourhoodLimits,
        deadline: Deadline,
    ) -> Neighbourhood:
        del generation, viewer_id, now_ms, limits, deadline
        if self.neighbourhood_failure:
            raise self.neighbourhood_failure
        return self._neighbourhood

    async def relations(
        self, generation: str, viewer_id: int, author_ids: Ids, deadline: Deadline
    ) -> Relations:
        del generation, viewer_id, deadline
        self.authors_asked.append(author_ids)
        if self.relations_failure:
            raise self.relations_failure
        flags = [self._flags.get(author, 0) for author in author_ids.tolist()]
        return Relations(np.array(flags, np.uint8), np.zeros(len(flags), np.float32))


class FakeRanker:
    """Acknowledges every list and keeps what it was given."""

    def __init__(self) -> None:
        self.requests: list[RankRequest] = []
        self.failure: Exception | None = None
        self.narrowed = ""

    async def rank(self, request: RankRequest, deadline: Deadline) -> RankReply:
        del deadline
        self.requests.append(request)
        if self.failure:
            raise self.failure
        request.receipt.models["ranker"] = "fake"
        if self.narrowed:
            request.receipt.narrow(self.narrowed)
        return RankReply(request.receipt, None)

    @property
    def ranked_ids(self) -> list[int]:
        """Items of the last request, in order."""
        ranked: list[int] = self.requests[-1].candidates["item_id"].tolist()
        return ranked


class FakeViewerStates:
    """Knows one viewer, who may be nobody yet."""

    def __init__(self, viewer: ViewerState, cold: ViewerState | None = None) -> None:
        self._viewer = viewer
        self._cold = cold or a_viewer()
        self.failure: Exception | None = None
        self.places_asked: list[tuple[int, int]] = []
        self.cold_asked: list[tuple[int, int]] = []

    async def read(
        self, viewer_id: int, now_ms: int, region: int = 0, language: int = 0
    ) -> ViewerState:
        del viewer_id, now_ms
        self.places_asked.append((region, language))
        if self.failure:
            raise self.failure
        return self._viewer

    def cold(self, region: int, language: int) -> ViewerState:
        self.cold_asked.append((region, language))
        return self._cold
