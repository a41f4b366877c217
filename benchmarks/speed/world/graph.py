"""The graph of a world: everybody follows authors of their topics, and some people in common."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.speed.world.items import NOON_MS, Items
from benchmarks.speed.world.size import BLOCKS, FRIENDS, MUTES, WorldSize
from benchmarks.speed.world.viewers import MINUTE_MS, Viewers
from generation import layout
from generation.arrow_file import write_table
from generation.graph_records import Kind

Ids = npt.NDArray[np.int64]


def write_graph(working: Path, size: WorldSize, items: Items, viewers: Viewers) -> dict[str, int]:
    """Write one part per kind of record. Returns rows by file."""
    random = np.random.default_rng(size.seed + 3)
    ids = np.arange(size.viewers, dtype=np.int64)
    friends = _circles(ids)
    authors = _followed_authors(size, items, viewers)
    follows = np.concatenate([authors, friends], axis=1)
    affinity = np.broadcast_to(
        np.linspace(9, 0.1, follows.shape[1], dtype=np.float32), follows.shape
    )
    positives = items.columns["item_id"][viewers.positives]
    times = np.broadcast_to(
        NOON_MS - MINUTE_MS * np.arange(1, positives.shape[1] + 1), positives.shape
    )
    strangers = size.first_author + random.integers(0, size.authors, (len(ids), BLOCKS + MUTES))
    strangers.sort(axis=1)
    records: list[tuple[Kind, tuple[npt.NDArray[Any], ...]]] = [
        (Kind.BLOCKS, (strangers[:, :BLOCKS],)),
        (Kind.FOLLOWS, (follows, affinity)),
        (Kind.MUTES, (strangers[:, BLOCKS:],)),
        (Kind.POSITIVES, (positives, times)),
        (Kind.FRIENDS, (friends,)),
    ]
    return {
        layout.GRAPH_PART.format(part=part): _write_part(working, part, kind, ids, arrays)
        for part, (kind, arrays) in enumerate(records)
    }


def _circles(ids: Ids) -> Ids:
    """Friends of each viewer, `int64[n, FRIENDS]`, ascending: neighbours in a circle of 31."""
    first = ids // (FRIENDS + 1) * (FRIENDS + 1)
    first = np.minimum(first, max(0, len(ids) - FRIENDS - 1))
    others = np.arange(FRIENDS) + first[:, None]
    circle: Ids = others + (others >= ids[:, None])
    return circle


def _followed_authors(size: WorldSize, items: Items, viewers: Viewers) -> Ids:
    """Distinct authors: half of them near a viewer's first topic, half from anywhere."""
    topic_of = np.zeros(size.authors, np.int64)
    topic_of[items.columns["author_id"] - size.first_author] = items.topics
    by_topic = np.argsort(topic_of, kind="stable")
    count = min(size.follows - FRIENDS, size.authors - 1)
    near = count // 2
    begin = np.searchsorted(topic_of[by_topic], viewers.topics[:, 0])
    stride = max(1, (size.authors - near) // (count - near + 1))
    steps = np.concatenate([np.arange(near), near + stride * np.arange(count - near)])
    places = (begin[:, None] + steps) % size.authors
    followed: Ids = size.first_author + by_topic[places]
    return followed


def _write_part(
    working: Path, part: int, kind: Kind, ids: Ids, arrays: tuple[npt.NDArray[Any], ...]
) -> int:
    keys = np.empty((len(ids), 9), np.uint8)
    keys[:, 0] = kind.prefix[0]
    keys[:, 1:] = ids.astype(">i8").view(np.uint8).reshape(-1, 8)
    blocks = [
        np.ascontiguousarray(array, f"<{dtype}").view(np.uint8).reshape(len(ids), -1)
        for array, dtype in zip(arrays, kind.dtypes, strict=True)
    ]
    columns = {"key": _binary(keys), "value": _binary(np.concatenate(blocks, axis=1))}
    return write_table(working / layout.GRAPH_PART.format(part=part), columns)


def _binary(rows: npt.NDArray[np.uint8]) -> Any:
    """One value per row, without a Python object for any."""
    count, width = rows.shape
    offsets = np.arange(count + 1, dtype=np.int32) * width
    data = np.ascontiguousarray(rows).reshape(-1)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.binary(), count, buffers)
