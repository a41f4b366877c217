"""The index of a shard: Faiss inverted lists over fp16 codes, memory-mapped.

Both kinds are inverted files, because those are what Faiss maps without a copy on the heap and what
keeps our own row numbers as ids. `exact` has one list and is scanned whole. `ivf` holds the vectors
norm-augmented, `[x, sqrt(M² - |x|²), 0…]`: lists are chosen by the Euclidean distance to
`[q, 0, 0…]`, whose order is that of the dot product, because lists over raw inner products are poor
on vectors whose norms differ. Rows are scored by the dot product itself: a distance over fp16 codes
is off by M² times their rounding, which on real norms swaps neighbours.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from generation import layout
from generation.index_parameters import IndexParameters
from generation.list_choice import ListChoice, nearest_lists
from generation.vector_index import NO_ROW, Asked, Nearest

WORD_BYTES = 8
FLAT_LISTS_PER_EF = 200
"""With so many, looking at all centres takes less time than a graph of them, and misses none: of
2,829 centres (`ef_search` 64) 20 us for one query against 90."""

TUNED_DEPTH = 100
"""Rows per query for which the build proves recall."""

REACH_EXPONENT = 0.5
"""Measured on 300,000 skewed vectors: recall stays above 0.97 from 2 % to 100 % eligible rows and
for 100 to 300 hits; with 0 it falls to 0.63, with 0.75 it stays above 0.98 for twice the time."""

WIDEN = 4
"""Factor by which probing grows while eligible rows are too few to fill the answer."""

faiss.omp_set_num_threads(1)  # one request is one core's work; threads only add waiting


class FaissIndex:
    """Implements `NeighborIndex`. Safe to search from several threads."""

    def __init__(self, index: "faiss.IndexIVFScalarQuantizer", parameters: IndexParameters) -> None:
        self.parameters = parameters
        self._index = index
        self.dim = index.d - parameters.added_dims
        self.size = index.ntotal
        self.is_probed = parameters.lists > 1
        self._is_flat_faster = (
            parameters.kind == "exact"
            or parameters.lists <= FLAT_LISTS_PER_EF * parameters.ef_search
        )
        self._choice = ListChoice(index.quantizer.reconstruct_n(0, index.nlist), self.dim)

    @staticmethod
    def open(folder: Path) -> "FaissIndex":
        """Map the index of a shard folder. The files must have been verified before.

        Raises:
            ValueError: a file is not one of ours.
        """
        try:
            index = faiss.read_index(str(folder / layout.SHARD_INDEX), faiss.IO_FLAG_MMAP)
            parameters = IndexParameters.read(folder)
        except (RuntimeError, OSError, TypeError, ValueError) as error:
            raise ValueError(f"{folder}: index cannot be read: {error}") from error
        if not isinstance(index, faiss.IndexIVFScalarQuantizer):
            raise ValueError(f"{folder / layout.SHARD_INDEX} holds a {type(index).__name__}")
        lists = faiss.downcast_InvertedLists(index.invlists)
        if not isinstance(lists, faiss.OnDiskInvertedLists):
            raise ValueError(f"{folder / layout.SHARD_INDEX} has no mapped inverted lists")
        # By default every search starts up to 32 threads that read ahead: half a millisecond.
        lists.prefetch_nthread = 0
        if parameters.lists != index.nlist:
            raise ValueError(f"{folder}: index has {index.nlist} lists, not {parameters.lists}")
        return FaissIndex(index, parameters)

    def compared(
        self,
        asked: Sequence[Asked],
        eligible: npt.NDArray[np.uint8] | None = None,
        probe_share: float = 1.0,
    ) -> int:
        """See `NeighborIndex.compared`."""
        lists = self.parameters.lists
        share = 1.0 if eligible is None else self._share_of(eligible)
        compared = 0
        for queries, wanted in asked:
            is_unfilled_anyway = wanted > share * self.size
            probes = lists if is_unfilled_anyway else self._probes(wanted, share, probe_share)
            compared += len(queries) * (lists + self.size * probes // lists)
        return compared

    def search(
        self,
        queries: npt.NDArray[np.float32],
        count: int,
        eligible: npt.NDArray[np.uint8] | None = None,
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """See `NeighborIndex.search`."""
        found = self.search_all([Asked(queries, count)], eligible)
        return found.rows.reshape(-1, count), found.scores.reshape(-1, count)

    def search_all(
        self,
        asked: Sequence[Asked],
        eligible: npt.NDArray[np.uint8] | None = None,
        probe_share: float = 1.0,
    ) -> Nearest:
        """See `NeighborIndex.search_all`. Probes further lists while eligible rows are too few."""
        prepared = self._prepared(asked)
        nearness = self._choice.nearness(prepared[:, : self.dim])
        share = 1.0 if eligible is None else self._share_of(eligible)
        options = faiss.SearchParametersIVF()
        if eligible is not None:
            options.sel = _selector(eligible)
        ends = [0, *accumulate(len(each.queries) * each.wanted for each in asked)]
        rows, scores = np.empty(ends[-1], np.int64), np.empty(ends[-1], np.float32)
        last = 0
        for each, (start, end) in zip(asked, pairwise(ends), strict=True):
            first, last = last, last + len(each.queries)
            probes = self._probes(each.wanted, share, probe_share)
            self._fill(
                rows[start:end].reshape(-1, each.wanted),
                scores[start:end],
                prepared[first:last],
                nearness[first:last],
                options,
                probes,
            )
        return Nearest(rows, scores, np.array(ends, np.int64))

    def _fill(
        self,
        rows: npt.NDArray[np.int64],
        scores: npt.NDArray[np.float32],
        queries: npt.NDArray[np.float32],
        nearness: npt.NDArray[np.float32],
        options: "faiss.SearchParametersIVF",
        probes: int,
    ) -> None:
        """Put what is nearest to some queries into `rows` (`int64[q, count]`) and `scores`.

        Those that stay unfilled are asked again, by themselves: what one query finds does not
        depend on the others.
        """
        self._scan(rows, scores, queries, self._lists(queries, nearness, probes), options)
        unfilled = np.flatnonzero(rows[:, -1] == NO_ROW)
        if not len(unfilled):
            return
        if probes < self.parameters.lists:
            more, more_scores = rows[unfilled], scores.reshape(rows.shape)[unfilled]
            wider = min(probes * WIDEN, self.parameters.lists)
            self._fill(
                more,
                more_scores.reshape(-1),
                queries[unfilled],
                nearness[unfilled],
                options,
                wider,
            )
            rows[unfilled], scores.reshape(rows.shape)[unfilled] = more, more_scores
        else:
            scores[rows.reshape(-1) == NO_ROW] = -np.inf

    def _lists(
        self, queries: npt.NDArray[np.float32], nearness: npt.NDArray[np.float32], probes: int
    ) -> npt.NDArray[np.int64]:
        """The nearest lists of each query, `int64[q * probes]`: by the graph of their centres where
        there are many and recall was proved by it.
        """
        if probes > self.parameters.probes or self._is_flat_faster:
            return nearest_lists(nearness, probes)
        breadth = faiss.SearchParametersHNSW(efSearch=self.parameters.ef_search)
        lists: npt.NDArray[np.int64]
        _, lists = self._index.quantizer.search(queries, probes, params=breadth)
        return lists

    def _scan(
        self,
        rows: npt.NDArray[np.int64],
        scores: npt.NDArray[np.float32],
        queries: npt.NDArray[np.float32],
        lists: npt.NDArray[np.int64],
        options: "faiss.SearchParametersIVF",
    ) -> None:
        options.nprobe = lists.size // len(queries)
        unused = np.zeros(lists.size, np.float32)  # distances of centres, for residual codes
        self._index.search_preassigned_c(
            len(queries),
            faiss.swig_ptr(queries),
            rows.shape[1],
            faiss.swig_ptr(lists),
            faiss.swig_ptr(unused),
            faiss.swig_ptr(scores),
            faiss.swig_ptr(rows),
            False,
            options,
        )

    def _probes(self, count: int, share: float, probe_share: float) -> int:
        """At first: as many as keep the recall that was measured for the best 100 of all rows.

        The best of few eligible rows lie further away, and so do more than 100 of all.
        """
        reach = max(1.0, count / (TUNED_DEPTH * share))
        probes = min(int(self.parameters.probes * reach**REACH_EXPONENT), self.parameters.lists)
        return max(1, int(probe_share * probes))

    def _share_of(self, eligible: npt.NDArray[np.uint8]) -> float:
        """Which share of all rows is eligible, in (0, 1]."""
        if self.size == 0:
            return 1.0
        # In words, as bytes take ten times as long; their few left-over bytes apart.
        whole = len(eligible) // WORD_BYTES * WORD_BYTES
        parts = eligible[:whole].view(np.uint64), eligible[whole:]
        eligible_count = sum(int(np.bitwise_count(part).sum(dtype=np.int64)) for part in parts)
        return float(min(1.0, max(eligible_count, 1) / self.size))

    def _prepared(self, asked: Sequence[Asked]) -> npt.NDArray[np.float32]:
        """All queries, as wide as the index, C-contiguous.

        Raises:
            ValueError: Faiss checks with asserts, which `python -O` removes, and answers NaN with
                nothing at all.
        """
        prepared = np.zeros((sum(len(each.queries) for each in asked), self._index.d), np.float32)
        at = 0
        for queries, wanted in asked:
            if wanted < 1:
                raise ValueError(f"count is {wanted}, need 1 or more")
            if queries.ndim != 2 or queries.shape[1] != self.dim:
                raise ValueError(f"index has {self.dim} dimensions, query has {queries.shape[-1]}")
            prepared[at : at + len(queries), : self.dim] = queries
            at += len(queries)
        if not np.isfinite(prepared).all():
            raise ValueError("query is not finite")
        return prepared


def _selector(eligible: npt.NDArray[np.uint8]) -> "faiss.IDSelectorBitmap":
    """Keeps no reference: `eligible` must live as long."""
    if eligible.dtype != np.uint8 or not eligible.flags.c_contiguous:
        raise ValueError(f"eligible is {eligible.dtype}, need contiguous uint8")
    return faiss.IDSelectorBitmap(len(eligible), faiss.swig_ptr(eligible))
