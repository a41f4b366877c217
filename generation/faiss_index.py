"""The index of a shard: Faiss inverted lists over fp16 codes, memory-mapped.

Both kinds are inverted files, because those are what Faiss maps without a copy on the heap and what
keeps our own row numbers as ids. `exact` has one list and is scanned whole. `ivf` holds the vectors
norm-augmented, `[x, sqrt(M² - |x|²)]`, where the Euclidean order of `[q, 0]` is the order of the
dot product: inverted lists over raw inner products are poor on vectors whose norms differ.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from generation import layout
from generation.vector_index import NO_ROW

WIDEN = 4
"""Factor by which probing grows while eligible rows are too few to fill the answer."""

faiss.omp_set_num_threads(1)  # one request is one core's work; threads only add waiting


@dataclass(frozen=True, slots=True)
class IndexParameters:
    """How an index is to be searched: `index.json` beside `index.faiss`.

    Attributes:
        kind: `exact` or `ivf`.
        lists: Inverted lists; 1 for `exact`.
        probes: Lists scanned per query.
        ef_search: Breadth of the search for those lists.
        largest_norm: The M above; 0 for `exact`.
        recall_at_100: Measured when built, against exact search, ties allowed; 1 for `exact`.
    """

    kind: str
    lists: int
    probes: int
    ef_search: int
    largest_norm: float
    recall_at_100: float

    def write(self, folder: Path) -> None:
        (folder / layout.SHARD_INDEX_PARAMETERS).write_text(json.dumps(asdict(self), indent=1))

    @staticmethod
    def read(folder: Path) -> "IndexParameters":
        return IndexParameters(**json.loads((folder / layout.SHARD_INDEX_PARAMETERS).read_text()))


class FaissIndex:
    """Implements `NeighborIndex`. Safe to search from several threads."""

    def __init__(self, index: "faiss.IndexIVFScalarQuantizer", parameters: IndexParameters) -> None:
        self.parameters = parameters
        self._index = index
        self._augmented = parameters.kind == "ivf"
        self.dim = index.d - self._augmented
        self.size = index.ntotal

    @staticmethod
    def open(folder: Path) -> "FaissIndex":
        """Map the index of a shard folder. The files must have been verified before."""
        index = faiss.read_index(str(folder / layout.SHARD_INDEX), faiss.IO_FLAG_MMAP)
        return FaissIndex(index, IndexParameters.read(folder))  # type: ignore[arg-type]

    def search(
        self,
        queries: npt.NDArray[np.float32],
        count: int,
        eligible: npt.NDArray[np.uint8] | None = None,
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """See `NeighborIndex.search`. Probes further lists while eligible rows are too few."""
        self._check(queries)
        prepared = _augment_queries(queries) if self._augmented else np.ascontiguousarray(queries)
        probes = self.parameters.probes
        while True:
            distances, rows = self._probe(prepared, count, eligible, probes)
            if probes >= self.parameters.lists or (rows[:, -1] != NO_ROW).all():
                break
            probes = min(probes * WIDEN, self.parameters.lists)
        return rows, self._to_dot(distances, rows, queries)

    def _probe(
        self,
        prepared: npt.NDArray[np.float32],
        count: int,
        eligible: npt.NDArray[np.uint8] | None,
        probes: int,
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        options = {}
        if eligible is not None:
            options["sel"] = faiss.IDSelectorBitmap(len(eligible), faiss.swig_ptr(eligible))
        if self._augmented:
            breadth = max(self.parameters.ef_search, probes)
            options["quantizer_params"] = faiss.SearchParametersHNSW(efSearch=breadth)  # type: ignore[attr-defined]
        parameters = faiss.SearchParametersIVF(nprobe=probes, **options)  # type: ignore[call-arg]
        distances, rows = self._index.search(prepared, count, params=parameters)
        return distances, rows

    def _to_dot(
        self,
        distances: npt.NDArray[np.float32],
        rows: npt.NDArray[np.int64],
        queries: npt.NDArray[np.float32],
    ) -> npt.NDArray[np.float32]:
        if self._augmented:
            lengths = np.einsum("qd,qd->q", queries, queries)[:, None]
            distances = (lengths + np.float32(self.parameters.largest_norm**2) - distances) / 2
        return np.where(rows == NO_ROW, np.float32(-np.inf), distances)

    def _check(self, queries: npt.NDArray[np.float32]) -> None:
        # Faiss checks the width with an assert, and answers NaN with nothing at all.
        if queries.ndim != 2 or queries.shape[1] != self.dim:
            raise ValueError(f"index has {self.dim} dimensions, query has {queries.shape[-1]}")
        if not np.isfinite(queries).all():
            raise ValueError("query is not finite")


def augment_vectors(
    vectors: npt.NDArray[np.float32], largest_norm: float
) -> npt.NDArray[np.float32]:
    """`[x, sqrt(M² - |x|²)]`: every row gets the length M. `float32[n, dim + 1]`."""
    squares = np.einsum("nd,nd->n", vectors, vectors)
    rest = np.sqrt(np.maximum(largest_norm**2 - squares, 0)).astype(np.float32)
    return np.column_stack([vectors, rest])


def _augment_queries(queries: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    prepared = np.zeros((len(queries), queries.shape[1] + 1), np.float32)
    prepared[:, :-1] = queries
    return prepared
