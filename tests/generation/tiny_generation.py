"""A complete generation of forty items whose answers can be worked out by eye.

Items 100…139 in two shards. Item `100 + i` is by author `10 + i % 8`, was created `i` hours before
NOON, and has category `1 + i % 5`; its vector points along axis `i % 5` (items 132…139 have none).
Item 139 is sensitive, 136 for followers, 137 for friends, 138 for group 500; items 104, 108, …
are of region `north`, the others of any.
Viewer 1 follows 10 and 11 (11 follows back: a friend), blocks 12, mutes 14, is blocked by 13, is in
group 500, and liked 100, 105 and 110 (category 1). Friend 11 liked 121 and 126. Viewer 2 is known
but did nothing. Authors are viewers.
"""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.matrix import feature_schema
from generation import layout
from generation.arrow_file import Lists, write_table
from generation.build_index import build_index
from generation.counters import COUNTER_COLUMNS
from generation.graph_records import Kind, key, pack
from generation.id_lists import write_id_lists
from generation.item_columns import (
    CANDIDATE_SCHEMA,
    EMBEDDING_DIM,
    SHARD_ITEM_COLUMNS,
    VISIBILITIES,
)
from generation.manifest import Manifest, entries_of
from generation.publish import make_current, publish
from generation.viewer_columns import VIEWER_COLUMNS, VIEWER_LISTS
from generation.vocabulary import Vocabulary
from serving.bus.topics import partition_of
from tests.generation.tiny_models import write_tiny_models

NOON_MS = 1_750_000_000_000
HOUR_MS = 3_600_000
SHARDS = 2
ITEM_IDS = np.arange(100, 140, dtype=np.int64)
CATEGORIES = ("cats", "cars", "cooking", "chess", "climbing")
VIEWER, QUIET_VIEWER, STRANGER = 1, 2, 999
"""With history; known but without; unknown to the generation."""

Rows = npt.NDArray[np.int64]


def write_tiny_generation(generations: Path) -> Path:
    """Write, publish and make current. Returns the generation's folder."""
    working = generations / ".building-tiny"
    working.mkdir(parents=True)
    rows: dict[str, int] = {}
    columns = item_columns()
    for shard in range(SHARDS):
        _write_shard(working / layout.SHARD.format(shard=shard), columns, shard)
    rows[layout.GRAPH_PART.format(part=0)] = _write_graph(working)
    _write_viewers(working / layout.VIEWERS)
    _write_content(working, columns)
    _write_vectors(working, columns)
    _write_floor(working / layout.POPULAR_FLOOR, columns)
    write_tiny_models(working / "models")
    vocabulary().write(working / layout.VOCABULARY)
    (working / layout.REPORT).write_text(json.dumps({}))
    folder = publish(working, generations, _manifest(working, rows))
    make_current(generations, folder.name)
    return folder


def vocabulary() -> Vocabulary:
    return Vocabulary.of(
        regions=["north", "south"],
        languages=["en", "de"],
        categories=CATEGORIES,
        surfaces=["home"],
        devices=["phone"],
    )


def item_columns() -> dict[str, npt.NDArray[np.generic]]:
    """All forty items in the order of their ids, `SHARD_ITEM_COLUMNS`."""
    i = np.arange(len(ITEM_IDS))
    columns = {column.name: column.empty(len(i)) for column in SHARD_ITEM_COLUMNS}
    columns["item_id"] = ITEM_IDS
    columns["author_id"] = 10 + i % 8
    columns["created_ms"] = NOON_MS - i * HOUR_MS
    columns["categories"][:, 0] = 1 + i % 5
    columns["region"][:] = np.where((i % 4 == 0) & (i > 0), 1, 0)
    columns["visibility"][36:39] = [VISIBILITIES[v] for v in ("followers", "friends", "group")]
    columns["group_id"][38] = 500
    columns["is_sensitive"][39] = 1
    columns["has_vector"][:32] = 1
    columns["vector"][:32] = np.eye(5, EMBEDDING_DIM)[i[:32] % 5]
    columns["duration_s"][:] = 30
    columns["popularity"][:] = 40 - i
    columns["author_followers"][:] = 5
    columns["author_items"][:] = 5
    columns["counters"][:, COUNTER_COLUMNS.index("impressions_total")] = 100
    columns["counters"][:, COUNTER_COLUMNS.index("clicks_total")] = 40 - i
    return columns


def shard_of(item_id: int) -> int:
    return partition_of(int(item_id), SHARDS)


def _write_shard(folder: Path, columns: dict[str, npt.NDArray[np.generic]], shard: int) -> None:
    mine = np.array([shard_of(item) == shard for item in ITEM_IDS])
    order = np.lexsort((columns["item_id"][mine], columns["created_ms"][mine]))
    items = {name: values[mine][order] for name, values in columns.items()}
    write_table(folder / layout.SHARD_ITEMS, items)
    by_id = np.argsort(items["item_id"])
    write_table(
        folder / layout.SHARD_ITEM_ROWS,
        {"item_id": items["item_id"][by_id], "row": by_id.astype(np.int32)},
    )
    newest_first = np.arange(len(by_id))[::-1]
    best_first = np.argsort(-items["popularity"], kind="stable")
    _write_lists(folder / layout.SHARD_AUTHORS, items["author_id"], newest_first)
    _write_lists(folder / layout.SHARD_CATEGORIES, items["categories"][:, 0], best_first)
    anywhere = best_first.astype(np.int32)
    north = anywhere[np.isin(items["region"][anywhere], (0, 1))]
    south = anywhere[np.isin(items["region"][anywhere], (0, 2))]
    write_id_lists(folder / layout.SHARD_POPULAR, [0, 1, 2], [anywhere, north, south])
    known = np.flatnonzero(items["has_vector"])
    vectors = items["vector"][known].astype(np.float32)
    queries = np.eye(5, EMBEDDING_DIM, dtype=np.float32)
    build_index(vectors, known.astype(np.int32), folder, queries=queries, seed=7)


def _write_lists(path: Path, keys: npt.NDArray[np.generic], order: Rows) -> None:
    distinct = np.unique(keys)
    write_id_lists(
        path,
        distinct.tolist(),
        [order[keys[order] == value].astype(np.int32) for value in distinct],
    )


def _write_graph(working: Path) -> int:
    def ids(*values: int) -> npt.NDArray[np.int64]:
        return np.array(values, np.int64)

    hours_ago = np.array([NOON_MS - h * HOUR_MS for h in (1, 2, 3)])
    records = {
        key(Kind.FOLLOWS, 1): pack(Kind.FOLLOWS, ids(11, 10), np.array([2.0, 1.0])),
        key(Kind.FOLLOWS, 11): pack(Kind.FOLLOWS, ids(1, 15), np.array([1.0, 1.0])),
        key(Kind.FRIENDS, 1): pack(Kind.FRIENDS, ids(11)),
        key(Kind.FRIENDS, 11): pack(Kind.FRIENDS, ids(1)),
        key(Kind.GROUPS, 1): pack(Kind.GROUPS, ids(500)),
        key(Kind.BLOCKS, 1): pack(Kind.BLOCKS, ids(12)),
        key(Kind.BLOCKED_BY, 12): pack(Kind.BLOCKED_BY, ids(1)),
        key(Kind.BLOCKS, 13): pack(Kind.BLOCKS, ids(1)),
        key(Kind.BLOCKED_BY, 1): pack(Kind.BLOCKED_BY, ids(13)),
        key(Kind.MUTES, 1): pack(Kind.MUTES, ids(14)),
        key(Kind.POSITIVES, 1): pack(Kind.POSITIVES, ids(100, 105, 110), hours_ago),
        key(Kind.POSITIVES, 11): pack(Kind.POSITIVES, ids(121, 126), hours_ago[:2]),
    }
    ordered = sorted(records.items())
    return write_table(
        working / layout.GRAPH_PART.format(part=0),
        {
            "key": pa.array([name for name, _ in ordered], pa.binary()),
            "value": pa.array([value for _, value in ordered], pa.binary()),
        },
    )


def _write_viewers(path: Path) -> None:
    table = {column.name: column.empty(2) for column in VIEWER_COLUMNS}
    table["viewer_id"] = np.array([VIEWER, QUIET_VIEWER], np.int64)
    table["region"][:] = [1, 2]
    table["language"][:] = [1, 1]
    table["created_ms"][:] = NOON_MS - 100 * 24 * HOUR_MS
    table["last_action_ms"][0] = NOON_MS - HOUR_MS
    table["totals"][0] = [20, 3, 3, 0, 0, 60, 20]
    table["follow_count"][0] = 2
    table["has_vector"][0] = 1
    table["vector"][0, 0] = 1
    lists = {
        "positive_item_ids": [100, 105, 110],
        "positive_ms": [NOON_MS - h * HOUR_MS for h in (1, 2, 3)],
        "seen_item_ids": [100, 105, 110, 111],
        "seen_ms": [NOON_MS - h * HOUR_MS for h in (1, 2, 3, 4)],
        "category_codes": [1, 2],
        "category_impressions": [15, 5],
        "category_positives": [3, 0],
        "author_ids": [10, 15],
        "author_impressions": [4, 2],
        "author_positives": [1, 1],
    }
    for name, dtype in VIEWER_LISTS.items():
        values = np.array(lists[name], f"<{dtype}")
        table[name] = Lists(np.array([0, len(values), len(values)], np.int32), values)
    write_table(path, table)


def _write_content(working: Path, columns: dict[str, npt.NDArray[np.generic]]) -> None:
    names = vocabulary()
    write_table(
        working / layout.CONTENT_ITEMS,
        {
            **{c: columns[c] for c in ("item_id", "author_id", "created_ms", "group_id")},
            "duration_ms": np.full(len(ITEM_IDS), 30_000, np.int64),
            "visibility": columns["visibility"],
            "is_sensitive": columns["is_sensitive"],
            "region": pa.array([names.regions.name(int(code)) for code in columns["region"]]),
            "language": pa.array([""] * len(ITEM_IDS)),
            "title": pa.array([f"title {item}" for item in ITEM_IDS]),
            "text": pa.array([f"text {item}" for item in ITEM_IDS]),
            "media_url": pa.array([f"https://cdn.example/{item}" for item in ITEM_IDS]),
            "categories": pa.array(
                [[names.categories.name(int(code))] for code in columns["categories"][:, 0]]
            ),
        },
    )
    authors = np.arange(10, 18, dtype=np.int64)
    write_table(
        working / layout.CONTENT_AUTHORS,
        {
            "author_id": authors,
            "display_name": pa.array([f"author {author}" for author in authors]),
            "avatar_url": pa.array([f"https://cdn.example/avatar/{author}" for author in authors]),
        },
    )


def _write_vectors(working: Path, columns: dict[str, npt.NDArray[np.generic]]) -> None:
    known = columns["has_vector"] == 1
    vectors = columns["vector"][known]
    write_table(
        working / layout.VECTORS_ITEMS, {"item_id": columns["item_id"][known], "vector": vectors}
    )
    gram = vectors.astype(np.float32).T @ vectors.astype(np.float32)
    write_table(working / layout.VECTORS_GRAM, {"row": gram})
    mean = np.zeros((1, EMBEDDING_DIM), np.float32)
    mean[0, 0] = 1
    one = np.ones(1, np.int32)
    write_table(
        working / layout.VECTORS_MEANS,
        {"region": 0 * one, "language": 0 * one, "vector": mean, "viewers": one},
    )


def _write_floor(path: Path, columns: dict[str, npt.NDArray[np.generic]]) -> None:
    vetted = np.flatnonzero((columns["visibility"] == 0) & (columns["is_sensitive"] == 0))
    keys, lists = [], []
    for region in (0, 1, 2):
        here = vetted[np.isin(columns["region"][vetted], (0, region))] if region else vetted
        for category in range(len(CATEGORIES) + 1):
            mine = here[columns["categories"][here, 0] == category] if category else here
            keys.append((region, category))
            lists.append(mine)
    offsets = np.concatenate([[0], np.cumsum([len(rows) for rows in lists])]).astype(np.int32)
    flat = np.concatenate(lists)
    write_table(
        path,
        {
            "region": np.array([region for region, _ in keys], np.int32),
            "category": np.array([category for _, category in keys], np.int32),
            "item_ids": Lists(offsets, columns["item_id"][flat]),
            "scores": Lists(offsets, columns["popularity"][flat].astype(np.float32)),
        },
    )


def _manifest(working: Path, rows: dict[str, int]) -> Manifest:
    return Manifest(
        data_time_ms=NOON_MS,
        clock="data",
        authors_are_viewers=True,
        has_impressions=True,
        shard_count=SHARDS,
        embedding_dim=EMBEDDING_DIM,
        embedding_version="tiny",
        fold_in_alpha=10.0,
        fold_in_regularization=0.05,
        item_schema=CANDIDATE_SCHEMA,
        feature_schema=feature_schema(),
        largest_norm=1.0,
        bus_offsets={},
        quality={},
        builder_version="test",
        built_ms=NOON_MS,
        files=entries_of(working, rows),
    )
