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
from generation.vector_index import NO_ROW, Asked, Nearest

SIMD_WIDTH = 8
WORD_BYTES = 8
FLAT_LISTS_PER_EF = 30
"""Scanning this many centres takes as long as a step of breadth in HNSW: 20 and 600 ns measured."""

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
        self._augmented = parameters.kind == "ivf"
        self.dim = index.d - parameters.added_dims
        self.size = index.ntotal
        self.is_probed = parameters.lists > 1
        self._is_flat_faster = parameters.lists <= FLAT_LISTS_PER_EF * parameters.ef_search
        self._wide = _with_flat_quantizer(index) if self._augmented else index

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
        return FaissIndex(index, parameters)

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
        selector = None if eligible is None else _selector(eligible)
        share = 1.0 if eligible is None else self._share_of(eligible)
        ends = [0, *accumulate(len(each.queries) * each.wanted for each in asked)]
        rows, scores = np.empty(ends[-1], np.int64), np.empty(ends[-1], np.float32)
        first = 0
        for each, (start, end) in zip(asked, pairwise(ends), strict=True):
            last = first + len(each.queries)
            probes = max(1, int(probe_share * self._first_probes(each.wanted, share)))
            self._fill(
                rows[start:end],
                scores[start:end],
                prepared[first:last],
                each.wanted,
                selector,
                probes,
            )
            first = last
        return Nearest(rows, scores, np.array(ends, np.int64))

    def _fill(
        self,
        rows: npt.NDArray[np.int64],
        scores: npt.NDArray[np.float32],
        prepared: npt.NDArray[np.float32],
        count: int,
        selector: "faiss.IDSelector | None",
        probes: int,
    ) -> None:
        """Put what is nearest into `rows` and `scores`, `count` for each query."""
        last_rows = rows[count - 1 :: count]
        places = faiss.swig_ptr(scores), faiss.swig_ptr(rows)
        while True:
            index, options = self._how(probes, selector)
            index.search_c(len(prepared), faiss.swig_ptr(prepared), count, *places, options)
            is_full = (last_rows != NO_ROW).all()
            if is_full or probes >= self.parameters.lists:
                break
            probes = min(probes * WIDEN, self.parameters.lists)
        if not is_full:
            scores[rows == NO_ROW] = -np.inf

    def _how(
        self, probes: int, selector: "faiss.IDSelector | None"
    ) -> "tuple[faiss.IndexIVF, faiss.SearchParametersIVF]":
        """Which of the two ways to choose lists is faster for so many."""
        options = faiss.SearchParametersIVF()
        options.nprobe = probes
        if selector is not None:
            options.sel = selector
        if probes > self.parameters.probes or self._is_flat_faster:
            return self._wide, options
        if self._augmented:
            breadth = self.parameters.ef_search
            options.quantizer_params = faiss.SearchParametersHNSW(efSearch=breadth)
        return self._index, options

    def _first_probes(self, count: int, share: float) -> int:
        """As many as keep the recall that was measured for the best 100 of all rows.

        The best of few eligible rows lie further away, and so do more than 100 of all.
        """
        reach = max(1.0, count / (TUNED_DEPTH * share))
        return min(int(self.parameters.probes * reach**REACH_EXPONENT), self.parameters.lists)

    def _share_of(self, eligible: npt.NDArray[np.uint8]) -> float:
        """Which share of all rows is eligible, in (0, 1]."""
        if self.size == 0:
            return 1.0
        words = eligible.view(np.uint64) if len(eligible) % WORD_BYTES == 0 else eligible
        eligible_count = int(np.bitwise_count(words).sum(dtype=np.int64))
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


def augment_vectors(
    vectors: npt.NDArray[np.float32], largest_norm: float
) -> npt.NDArray[np.float32]:
    """`[x, sqrt(M² - |x|²), 0…]`: every row gets the length M. `float32[n, augmented_dim]`."""
    count, dim = vectors.shape
    augmented = np.zeros((count, augmented_dim(dim)), np.float32)
    augmented[:, :dim] = vectors
    squares = np.einsum("nd,nd->n", vectors, vectors)
    augmented[:, dim] = np.sqrt(np.maximum(largest_norm**2 - squares, 0))
    return augmented


def _with_flat_quantizer(index: "faiss.IndexIVFScalarQuantizer") -> "faiss.IndexIVFScalarQuantizer":
    """The same lists, chosen by scanning all their centres: faster than HNSW for many probes."""
    quantizer = faiss.IndexFlatL2(index.d)
    quantizer.add(index.quantizer.reconstruct_n(0, index.nlist))
    wide = faiss.IndexIVFScalarQuantizer(
        quantizer, index.d, index.nlist, faiss.ScalarQuantizer.QT_fp16, index.metric_type, False
    )
    wide.is_trained = True
    wide.replace_invlists(index.invlists, False)
    wide.ntotal = index.ntotal
    # Faiss keeps neither alive.
    wide.referenced_objects = [quantizer, index]
    return wide


def augmented_dim(dim: int) -> int:
    """One more, filled up to a multiple of 8: Faiss scans other widths 14 times slower."""
    return -(-(dim + 1) // SIMD_WIDTH) * SIMD_WIDTH
