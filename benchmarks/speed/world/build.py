"""Puts a world together, once per size: later runs find it in the cache folder."""

import json
import os
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.speed.world.content import write_content
from benchmarks.speed.world.graph import write_graph
from benchmarks.speed.world.items import LANGUAGES, NOON_MS, REGIONS, Items, make_items
from benchmarks.speed.world.models import write_models
from benchmarks.speed.world.shards import write_shards
from benchmarks.speed.world.size import CATEGORIES, WorldSize
from benchmarks.speed.world.viewers import (
    FOLD_IN_ALPHA,
    FOLD_IN_REGULARIZATION,
    Viewers,
    make_viewers,
    viewer_vectors,
    write_viewers,
)
from features.matrix import feature_schema
from generation import layout
from generation.arrow_file import write_table
from generation.build_index import MAX_TRUTH_QUERIES
from generation.item_columns import CANDIDATE_SCHEMA, EMBEDDING_DIM
from generation.manifest import Manifest, entries_of
from generation.publish import make_current, publish
from generation.vocabulary import Vocabulary
from spark_jobs.build_context import Facts, Workplace
from spark_jobs.popular_floor import popular_floor

MEAN_VIEWERS = 1_000
DEVICES = ("phone", "tablet", "desktop")


def bench_folder() -> Path:
    """BENCH_DIR, else a folder in the temporary directory."""
    return Path(os.environ.get("BENCH_DIR") or Path(tempfile.gettempdir()) / "feedrank-bench")


def world(size: WorldSize) -> Path:
    """The folder of generations of this size, built at first use."""
    generations = bench_folder() / "worlds" / f"{size.name}-{feature_schema()}-{CANDIDATE_SCHEMA}"
    if not (generations / layout.CURRENT).exists():
        started_s = time.perf_counter()
        shutil.rmtree(generations, ignore_errors=True)
        _build(size, generations)
        print(f"built {generations} in {time.perf_counter() - started_s:.0f} s", flush=True)
    return generations


def _build(size: WorldSize, generations: Path) -> None:
    working = generations / ".building"
    working.mkdir(parents=True)
    items = make_items(size)
    viewers = make_viewers(size, items)
    vocabulary = Vocabulary.of(
        regions=[f"region-{code}" for code in range(1, REGIONS + 1)],
        languages=[f"language-{code}" for code in range(1, LANGUAGES + 1)],
        categories=[f"category-{code}" for code in range(1, CATEGORIES + 1)],
        surfaces=["home"],
        devices=DEVICES,
    )
    vocabulary.write(working / layout.VOCABULARY)
    (working / layout.REPORT).write_text(json.dumps({}))
    write_models(working, size.seed)
    rows = write_content(working, size, items, vocabulary)
    rows |= write_graph(working, size, items, viewers)
    rows[layout.VIEWERS] = write_viewers(working, size, items, viewers)
    gram, largest_norm = _write_vectors(working, items, viewers)
    queries = viewer_vectors(viewers, items, gram, MAX_TRUTH_QUERIES)
    written, recall = write_shards(working, items, size.shards, queries, size.seed)
    rows |= written
    facts = _facts(size, vocabulary)
    popular_floor(Workplace(working, working), facts, 0)
    manifest = _manifest(working, size, rows, recall, largest_norm)
    make_current(generations, publish(working, generations, manifest).name)


def _write_vectors(working: Path, items: Items, viewers: Viewers) -> tuple[np.ndarray, float]:
    """Write the vector space. Returns its Gram matrix and the largest norm."""
    vectors = items.columns["vector"]
    write_table(
        working / layout.VECTORS_ITEMS, {"item_id": items.columns["item_id"], "vector": vectors}
    )
    gram = np.zeros((EMBEDDING_DIM, EMBEDDING_DIM), np.float32)
    largest = 0.0
    for start in range(0, len(vectors), 100_000):
        some = vectors[start : start + 100_000].astype(np.float32)
        gram += some.T @ some
        largest = max(largest, float(np.einsum("nd,nd->n", some, some).max()))
    write_table(working / layout.VECTORS_GRAM, {"row": gram})
    code = np.zeros(1, np.int32)
    some = viewer_vectors(viewers, items, gram, MEAN_VIEWERS)
    mean = some.mean(axis=0, keepdims=True)
    write_table(
        working / layout.VECTORS_MEANS,
        {"region": code, "language": code, "vector": mean, "viewers": code + len(some)},
    )
    return gram, largest**0.5


def _facts(size: WorldSize, vocabulary: Vocabulary) -> Facts:
    return Facts(
        shards=size.shards,
        viewer_partitions=1,
        seed=size.seed,
        authors_are_viewers=True,
        has_impressions=True,
        data_time_ms=NOON_MS,
        popularity_half_life_ms=0,
        bus_offsets={},
        bus_positions={},
        vocabulary=vocabulary,
    )


def _manifest(
    working: Path, size: WorldSize, rows: dict[str, int], recall: float, largest_norm: float
) -> Manifest:
    return Manifest(
        data_time_ms=NOON_MS,
        clock="data",
        authors_are_viewers=True,
        has_impressions=True,
        shard_count=size.shards,
        embedding_dim=EMBEDDING_DIM,
        embedding_version=f"bench-{size.seed}",
        fold_in_alpha=FOLD_IN_ALPHA,
        fold_in_regularization=FOLD_IN_REGULARIZATION,
        item_schema=CANDIDATE_SCHEMA,
        feature_schema=feature_schema(),
        largest_norm=largest_norm,
        bus_offsets={},
        quality={"ann_recall_at_100": recall},
        builder_version="bench",
        built_ms=NOON_MS,
        files=entries_of(working, rows),
    )
