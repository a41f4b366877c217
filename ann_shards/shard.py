"""One whole shard: answers all parts of a request from its index, columns, lists and overlay."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import structlog

from ann_shards.base_items import BaseItems
from ann_shards.best_hits import distinct_rows
from ann_shards.delta_items import ItemChange
from ann_shards.eligibility import EligibilityIndex
from ann_shards.facts import CandidateColumns
from ann_shards.item_arrays import BaseLists, EligibleArrays, LiveRows
from ann_shards.parts import find_parts
from ann_shards.question import Question
from ann_shards.shard_items import ShardItems
from generation import layout
from generation.arrow_file import MappedTable
from generation.build_index import tie_aware_recall
from generation.faiss_index import FaissIndex
from generation.manifest import InvalidGenerationError, Manifest
from generation.vector_index import Nearest, NeighborIndex
from generation.vocabulary import Vocabulary
from serving.contracts.shard import Columns, Ids, PartHits, ShardAnswer

WARM_QUERIES = 32
MIN_RECALL = 0.9
"""Over so few queries; the build requires 0.98 over all."""

log = structlog.get_logger()


class Judged(NamedTuple):
    """The rows that a request may find, as of so many changes."""

    eligible: EligibleArrays
    applied_count: int


class Shard:
    """A shard of one generation, with everything that changed since.

    Attributes:
        number: In `[0, manifest.shard_count)`.
        items: What it holds.
        bus_lag_messages: Messages of the bus not yet applied, as last looked up.
    """

    def __init__(
        self, number: int, items: ShardItems, index: NeighborIndex, data_time_ms: int
    ) -> None:
        self.number = number
        self.items = items
        self.bus_lag_messages = 0
        self._index = index
        self._eligibility = EligibilityIndex(items)
        self._lists = BaseLists.of(items.base, items.last_category)
        self._columns = CandidateColumns(items, data_time_ms)
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

    def search(self, question: Question, judged: Judged | None = None) -> ShardAnswer:
        """Answer every part, in three steps that may be taken apart; the first may be done."""
        judged = judged or self.judged(question)
        return self.answer(question, judged, self.nearest(question, judged))

    def judged(self, question: Question) -> Judged:
        """The first step: which rows may be found."""
        return Judged(self._eligibility.rows_for(question), self._applied_count)

    def nearest(self, question: Question, judged: Judged) -> Nearest:
        """The second step, which any thread may take: the parts that have vectors."""
        bits, probe_share = judged.eligible.bits, question.request.probe_share
        return self._index.search_all(question.asked, bits, probe_share)

    def compared(self, question: Question, judged: Judged) -> int:
        """Vectors looked at by the second step, about: from this follows how long it takes."""
        bits, probe_share = judged.eligible.bits, question.request.probe_share
        return self._index.compared(question.asked, bits, probe_share)

    def answer(self, question: Question, judged: Judged, nearest: Nearest) -> ShardAnswer:
        """The last step: all parts, and the columns of what was found."""
        if self._applied_count != judged.applied_count:  # since the first step
            judged = self.judged(question)
        items, now_ms = self.items, question.arrays.now_ms
        rows, scores, ends = find_parts(
            items.arrays,
            judged.eligible,
            self._lists,
            LiveRows(
                items.live_popular_rows(),
                items.live.positives_factor(now_ms),
                items.new_rows_of_items(question),
            ),
            nearest,
            question.arrays,
        )
        distinct, position = distinct_rows(np.sort(rows), rows)
        return ShardAnswer(
            self.number,
            self._columns.of(distinct, now_ms),
            [PartHits(position[a:b], scores[a:b]) for a, b in pairwise(ends.tolist())],
            self.bus_lag_messages,
            probed_less=self._index.is_probed
            and question.request.probe_share < 1
            and bool(question.asked),
        )

    def lookup(self, item_ids: Ids, now_ms: int) -> Columns:
        """Columns of those of `item_ids` that are here and not deleted."""
        rows = self.items.find(np.unique(item_ids))
        return self._columns.of(np.sort(rows[rows >= 0]), now_ms)


def open_shard(folder: Path, number: int, manifest: Manifest, vocabulary: Vocabulary) -> Shard:
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
    return Shard(number, items, index, manifest.data_time_ms)


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
