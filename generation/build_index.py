"""Builds the index of a shard, and proves its recall against exact search."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import faiss
import numpy as np
import numpy.typing as npt

from generation import layout
from generation.arrow_file import write_table
from generation.exact_search import exact_top
from generation.faiss_index import TUNED_DEPTH, FaissIndex
from generation.index_parameters import IndexParameters
from generation.norm_augmentation import augment_vectors
from generation.vector_index import NO_ROW

MAX_EXACT_ROWS = 20_000
"""Per shard; with more, inverted lists that find as much as `REQUIRED_RECALL` are quicker than
looking at everything (docs/adr/0011)."""

REQUIRED_RECALL = 0.98
MAX_TRUTH_QUERIES = 256
TRAINING_ROWS_PER_LIST = 64
HNSW_LINKS = 32
FIRST_PROBES = 8
MIN_EF_SEARCH = 64
"""Faiss's own 16 caps recall whatever the number of probes."""

TIE = 1e-4
"""Dot products closer than this share of the largest one count as equal: fp16 cannot tell more."""

Vectors = npt.NDArray[np.float32]
IndexKind = Literal["exact", "ivf"]


def build_index(
    vectors: Vectors,
    rows: npt.NDArray[np.int32],
    folder: Path,
    *,
    queries: Vectors,
    seed: int,
    force: IndexKind | None = None,
) -> IndexParameters:
    """Write `index.faiss`, `index.json` and `truth.arrow` of a shard.

    Args:
        vectors: `float32[n, dim]`; n may be 0.
        rows: `int32[n]`, the shard's row of each vector.
        queries: `float32[k, dim]`, typical queries (viewer vectors); the first 256 are used.
        force: Build this kind whatever the size.

    Returns:
        How it is searched, with the recall that was measured.

    Raises:
        ValueError: a vector holds NaN or infinity.
    """
    unusable = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(unusable):
        raise ValueError(f"vector of row {rows[unusable[0]]} is not finite")
    folder.mkdir(parents=True, exist_ok=True)
    queries = np.ascontiguousarray(queries[:MAX_TRUTH_QUERIES], np.float32)
    kind = force or ("exact" if len(vectors) <= MAX_EXACT_ROWS else "ivf")
    truth_rows, truth_scores = _write_truth(vectors, rows, queries, folder)
    largest_norm = float(np.sqrt(np.einsum("nd,nd->n", vectors, vectors).max(initial=0)))
    if kind == "exact" or len(vectors) == 0:
        index = _exact(vectors, rows)
        parameters = IndexParameters("exact", 1, 1, 0, 0.0, 1.0)
    else:
        index = _ivf(augment_vectors(vectors, largest_norm), rows, seed)
        first = IndexParameters(
            "ivf", index.nlist, FIRST_PROBES, 0, largest_norm, 0.0, index.d - vectors.shape[1]
        )
        parameters = _tune(index, first, queries, truth_rows, truth_scores)
    faiss.write_index(index, str(folder / layout.SHARD_INDEX))
    parameters.write(folder)
    return parameters


def _exact(vectors: Vectors, rows: npt.NDArray[np.int32]) -> "faiss.IndexIVFScalarQuantizer":
    dim = vectors.shape[1]
    quantizer = faiss.IndexFlatIP(dim)
    quantizer.add(np.zeros((1, dim), np.float32))
    index = _inverted_file(quantizer, dim, 1)
    index.is_trained = True
    if len(vectors):
        index.add_with_ids(np.ascontiguousarray(vectors), rows.astype(np.int64))
    return index


def _ivf(
    augmented: Vectors, rows: npt.NDArray[np.int32], seed: int
) -> "faiss.IndexIVFScalarQuantizer":
    lists = max(1, min(int(4 * np.sqrt(len(augmented))), len(augmented) // 39 or 1))
    dim = augmented.shape[1]
    quantizer = faiss.IndexHNSWFlat(dim, HNSW_LINKS)
    index = _inverted_file(quantizer, dim, lists)
    clustering = faiss.Clustering(dim, lists)
    clustering.seed = seed
    clustering.niter = 10
    clustering.max_points_per_centroid = TRAINING_ROWS_PER_LIST
    clustering.train(augmented, faiss.IndexFlatL2(dim))
    quantizer.add(faiss.vector_to_array(clustering.centroids).reshape(lists, dim))
    index.is_trained = True
    index.add_with_ids(augmented, rows.astype(np.int64))
    return index


def _inverted_file(
    quantizer: "faiss.Index", dim: int, lists: int
) -> "faiss.IndexIVFScalarQuantizer":
    index = faiss.IndexIVFScalarQuantizer(
        quantizer, dim, lists, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT, False
    )
    index.own_fields = False
    # Faiss does not keep it alive.
    index.referenced_objects = [quantizer]
    return index


def _tune(
    index: "faiss.IndexIVFScalarQuantizer",
    first: IndexParameters,
    queries: Vectors,
    truth_rows: npt.NDArray[np.int32],
    truth_scores: Vectors,
) -> IndexParameters:
    """Raise probes and breadth until recall suffices, or everything is scanned."""
    probes = first.probes
    while True:
        probes = min(probes, index.nlist)
        tried = replace(first, probes=probes, ef_search=max(MIN_EF_SEARCH, 2 * probes))
        rows, scores = FaissIndex(index, tried).search(queries, TUNED_DEPTH)
        recall = tie_aware_recall(rows, scores, truth_rows, truth_scores)
        if recall >= REQUIRED_RECALL or probes >= index.nlist:
            return replace(tried, recall_at_100=recall)
        probes += max(1, probes // 4)


def tie_aware_recall(
    rows: npt.NDArray[np.int64],
    scores: Vectors,
    truth_rows: npt.NDArray[np.int32],
    truth_scores: Vectors,
) -> float:
    """Share of the true best that were found; as good as the worst true one counts as true.

    All arguments have a row per query; unused places hold `NO_ROW`.
    """
    found = wanted = 0
    for got, got_scores, true, true_scores in zip(
        rows, scores, truth_rows, truth_scores, strict=True
    ):
        valid = true != NO_ROW
        if not valid.any():
            continue
        threshold = true_scores[valid][-1] - TIE * abs(float(true_scores[0]))
        hits = np.isin(got, true[valid]) | ((got != NO_ROW) & (got_scores >= threshold))
        found += min(int(hits.sum()), int(valid.sum()))
        wanted += int(valid.sum())
    return found / wanted if wanted else 1.0


def _write_truth(
    vectors: Vectors, rows: npt.NDArray[np.int32], queries: Vectors, folder: Path
) -> tuple[npt.NDArray[np.int32], Vectors]:
    positions, scores = exact_top(vectors, queries, TUNED_DEPTH)
    truth = np.full(positions.shape, NO_ROW, np.int32)
    truth[positions != NO_ROW] = rows[positions[positions != NO_ROW]]
    write_table(folder / layout.SHARD_TRUTH, {"query": queries, "rows": truth, "scores": scores})
    return truth, scores
