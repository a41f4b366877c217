"""Opens a shard, answers some requests and prints how much the heap grew: run as a process.

Python and Arrow are warmed up on a small shard first, so that only what the shard itself needs is
counted. Prints the growth of anonymous memory in bytes, and the packages that were loaded.
"""

import dataclasses
import sys
from pathlib import Path

import numpy as np

import ann_shards.main  # noqa: F401 - what the process itself loads
from ann_shards.question import Question
from ann_shards.shard import Shard, open_shard
from generation.item_columns import EMBEDDING_DIM
from generation.manifest import Manifest
from generation.vocabulary import Vocabulary
from serving.contracts.shard import PartKind, SearchPart, SearchRequest
from tests.ann_shards.requests import an_id_part, everything_eligible, ids
from tests.generation.tiny_generation import NOON_MS, vocabulary

REQUESTS = 20


def anonymous_bytes() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise ValueError("/proc/self/status has no RssAnon")


def a_manifest() -> Manifest:
    fields = {field.name: None for field in dataclasses.fields(Manifest)}
    return Manifest(
        **(fields | {"data_time_ms": NOON_MS, "embedding_dim": EMBEDDING_DIM, "files": {}})
    )


def open_and_search(folder: Path, names: Vocabulary) -> Shard:
    shard = open_shard(folder, 0, a_manifest(), names)
    rng = np.random.default_rng(7)
    for number in range(REQUESTS):
        vectors = rng.standard_normal((2, EMBEDDING_DIM)).astype(np.float32)
        eligible = everything_eligible(region=number % 3, followed_ids=ids(1, 2, 3))
        parts = [
            SearchPart(PartKind.VECTORS, 200, vectors),
            an_id_part(PartKind.AUTHORS, range(100), limit=200),
            an_id_part(PartKind.CATEGORIES, range(1, 5), limit=200),
            SearchPart(PartKind.POPULAR, 200),
            SearchPart(PartKind.FRESH, 200),
        ]
        shard.search(Question(SearchRequest("", eligible, parts)))
    return shard


def main() -> None:
    small, measured = map(Path, sys.argv[1:])
    warm = open_and_search(small, vocabulary())
    before = anonymous_bytes()
    shard = open_and_search(measured, vocabulary())
    grown = anonymous_bytes() - before
    print(grown, *(name for name in sys.modules if "." not in name))
    del warm, shard


if __name__ == "__main__":
    main()
