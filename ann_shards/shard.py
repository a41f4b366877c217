"""One whole shard: answers all parts of a request from its index, columns, lists and overlay."""

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog

from ann_shards.base_items import BaseItems
from ann_shards.best_hits import Hits, best_of_queries, distinct_rows
from ann_shards.delta_items import ItemChange
from ann_shards.eligibility import EligibilityIndex
from ann_shards.facts import candidate_columns
from ann_shards.parts import FINDERS, NO_ROWS, Scope
from ann_shards.shard_items import ShardItems
from generation import layout
from generation.arrow_file import MappedTable
from generation.build_index import tie_aware_recall
from generation.faiss_index import FaissIndex
from generation.manifest import InvalidGenerationError, Manifest
from generation.vector_index import NeighborIndex
from generation.vocabulary import Vocabulary
from serving.contracts.shard import (
    Columns,
    Floats,
    Ids,
    PartHits,
    PartKind,
    SearchPart,
    SearchRequest,
    ShardAnswer,
)
from serving.native_executor import NativeExecutor

MAX_PRODUCTS_ON_LOOP = 100_000
"""Vectors times queries: more of them may hold the event loop for a millisecond."""

WARM_QUERIES = 32
MIN_RECALL = 0.9
"""Over so few queries; the build requires 0.98 over all."""

log = structlog.get_logger()

Found = tuple[Ids, Floats]


class Shard:
    """A shard of one generation, with everything that changed since.

    Attributes:
        number: In `[0, manifest.shard_count)`.
        items: What it holds.
        bus_lag_messages: Messages of the bus not yet applied, as last looked up.
    """

    def __init__(
        self,
        number: int,
        items: ShardItems,
        index: NeighborIndex,
        data_time_ms: int,
        executor: NativeExecutor | None = None,
    ) -> None:
        """`executor` runs long index searches; without one they run on the event loop."""
        self.number = number
        self.items = items
        self.bus_lag_messages = 0
        self._index = index
        self._data_time_ms = data_time_ms
        self._executor = executor
        self._eligibility = EligibilityIndex(items)
        self._applied_count = 0

    @property
    def dim(self) -> int:
        return self._index.dim

    def apply(self, changes: Sequence[ItemChange]) -> None:
        """Take in new, changed and deleted items."""
        self._applied_count += len(changes)
        evicted_count = self.items.delta.evicted_count
        self._eligibility.hide(np.concatenate([self.items.apply(each) for each in changes]))
        if self.items.delta.evicted_count > evicted_count:
            log.warning(
                "new items do not fit: the oldest are left out until the next generation",
                shard=self.number,
                left_out=self.items.delta.evicted_count,
            )

    async def search(self, request: SearchRequest) -> ShardAnswer:
        """Answer every part; the request was checked before."""
        applied_count = self._applied_count
        eligible = self._eligibility.rows_for(request.eligibility)
        parts = [part for part in request.parts if part.kind == PartKind.VECTORS]
        nearest = iter(await self._nearest(parts, eligible.base, request.probe_share))
        if self._applied_count != applied_count:  # while a thread was searching
            eligible = self._eligibility.rows_for(request.eligibility)
        scope = Scope(self.items, eligible, request.eligibility.region, request.eligibility.now_ms)
        hits = [
            _best_of(scope, next(nearest), part)
            if part.kind == PartKind.VECTORS
            else FINDERS[part.kind](scope, part)
            for part in request.parts
        ]
        probed_less = bool(parts) and self._index.is_probed and request.probe_share < 1
        return self._answer(hits, request.eligibility.now_ms, probed_less=probed_less)

    def lookup(self, item_ids: Ids, now_ms: int) -> Columns:
        """Columns of those of `item_ids` that are here and not deleted."""
        rows = self.items.find(np.unique(item_ids))
        return self._columns(rows[rows >= 0], now_ms)

    async def _nearest(
        self, parts: Sequence[SearchPart], eligible: npt.NDArray[np.uint8], probe_share: float
    ) -> list[Found]:
        """Rows and scores of all queries of each part, in one job when that takes long."""
        queries = [np.ascontiguousarray(part.vectors, np.float32) for part in parts]

        def search_all() -> list[Found]:
            return [
                self._index.search(each, part.limit, eligible, probe_share)
                for each, part in zip(queries, parts, strict=True)
            ]

        products = self._index.size * sum(len(each) for each in queries)
        if self._executor is None or products <= MAX_PRODUCTS_ON_LOOP:
            return search_all()
        return await self._executor.run(search_all)

    def _answer(self, hits: Sequence[Hits], now_ms: int, *, probed_less: bool) -> ShardAnswer:
        found = np.concatenate([NO_ROWS, *(each.rows for each in hits)])
        distinct, position = distinct_rows(np.sort(found), found)
        ends = list(accumulate(len(each.rows) for each in hits))
        parts = [
            PartHits(position[start:end], each.scores)
            for each, start, end in zip(hits, [0, *ends], ends, strict=False)
        ]
        columns = self._columns(distinct, now_ms)
        return ShardAnswer(self.number, columns, parts, self.bus_lag_messages, probed_less)

    def _columns(self, rows: Ids, now_ms: int) -> dict[str, npt.NDArray[Any]]:
        return candidate_columns(self.items, rows, data_time_ms=self._data_time_ms, now_ms=now_ms)


def _best_of(scope: Scope, nearest: Found, part: SearchPart) -> Hits:
    """All queries' rows as one list; a row near several of them has its largest product."""
    return Hits(*best_of_queries(scope.arrays, scope.eligible.arrays, *nearest, part.limit))


def open_shard(
    folder: Path,
    number: int,
    manifest: Manifest,
    vocabulary: Vocabulary,
    executor: NativeExecutor | None = None,
) -> Shard:
    """Map a shard whose files were verified.

    Raises:
        InvalidGenerationError: a file cannot be read, or does not fit the manifest.
    """
    items = ShardItems(BaseItems(folder), vocabulary)
    try:
        index = FaissIndex.open(folder)
    except ValueError as error:
        raise InvalidGenerationError(str(error)) from error
    if index.dim != manifest.embedding_dim:
        raise InvalidGenerationError(
            f"{folder}: index has {index.dim} dimensions, the manifest {manifest.embedding_dim}"
        )
    try:
        _check_recall(folder, index)
    except (ValueError, IndexError) as error:
        raise InvalidGenerationError(f"{folder / layout.SHARD_TRUTH}: {error}") from error
    return Shard(number, items, index, manifest.data_time_ms, executor)


def _check_recall(folder: Path, index: NeighborIndex) -> None:
    """Ask some of the build's sample queries: touches the pages that others will need, too."""
    truth = MappedTable(folder / layout.SHARD_TRUTH)
    queries = truth.array("query")[:WARM_QUERIES]
    true_rows, true_scores = truth.array("rows"), truth.array("scores")
    rows, scores = index.search(queries, true_rows.shape[1])
    recall = tie_aware_recall(rows, scores, true_rows[:WARM_QUERIES], true_scores[:WARM_QUERIES])
    if recall < MIN_RECALL:
        raise InvalidGenerationError(
            f"{folder / layout.SHARD_INDEX} finds {recall:.3f} of the sample answers in "
            f"{layout.SHARD_TRUTH}, need {MIN_RECALL}"
        )
