"""Blocks are found in the generation's own files."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed_assembly.base_blocks import BaseBlocks
from generation.arrow_file import MappedTable, write_table
from generation.graph_records import Kind, key, pack
from generation.manifest import Manifest


@pytest.fixture(scope="module")
def graph_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("graph")


def blocks_of(folder, records: dict[bytes, bytes], per_part: int) -> BaseBlocks:
    ordered = sorted(records.items())
    parts = []
    for start in range(0, len(ordered) + 1, per_part):
        rows = ordered[start : start + per_part]
        path = folder / f"part-{start:05d}.arrow"
        path.unlink(missing_ok=True)
        keys = pa.array([name for name, _ in rows], pa.binary())
        write_table(path, {"key": keys, "value": pa.array([v for _, v in rows], pa.binary())})
        parts.append(MappedTable(path))
    return BaseBlocks(parts)


def test_the_tiny_generations_blocks(generation_folder) -> None:
    """Viewer 1 blocks 12, is blocked by 13 and mutes 14."""
    blocks = BaseBlocks.open(generation_folder, Manifest.read(generation_folder))
    assert blocks.author_ids(1).tolist() == [12, 13, 14]
    assert blocks.author_ids(12).tolist() == [1]
    assert blocks.author_ids(999).tolist() == []


@given(
    blocked=st.dictionaries(st.integers(0, 40), st.sets(st.integers(0, 50), min_size=1)),
    per_part=st.integers(1, 5),
)
def test_whatever_the_parts_every_record_is_found(graph_folder, blocked, per_part) -> None:
    records = {
        key(Kind.BLOCKS, viewer): pack(Kind.BLOCKS, np.array(sorted(authors)))
        for viewer, authors in blocked.items()
    }
    records[key(Kind.FOLLOWS, 3)] = pack(Kind.FOLLOWS, np.array([9]), np.array([1.0]))
    blocks = blocks_of(graph_folder, records, per_part)
    for viewer in range(42):
        assert set(blocks.author_ids(viewer).tolist()) == blocked.get(viewer, set())


def test_a_generation_without_a_graph_blocks_nobody() -> None:
    assert BaseBlocks([]).author_ids(1).tolist() == []
