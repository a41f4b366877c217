"""What a shard takes of the heap does not grow with its items: they stay in mapped files."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.ann_shards.large_shard import write_large_shard

ROWS = 60_000
ROW_BYTES = 128 + 128
"""A vector in the index and the same in the columns; what copies either shows."""


@pytest.mark.parametrize("kind", ["exact", "ivf"])
def test_heap_does_not_grow_with_the_shard(tmp_path: Path, kind: str):
    write_large_shard(tmp_path / "small", 2_000, force=kind)
    write_large_shard(tmp_path / "large", ROWS, force=kind)
    grown, *_ = _measured(tmp_path / "small", tmp_path / "large")
    # Bits of three regions and the centres of the lists are what a larger shard may add.
    assert int(grown) < ROWS * ROW_BYTES / 8


def test_a_process_of_shards_loads_no_library_that_it_does_not_use(tmp_path: Path):
    write_large_shard(tmp_path, 2_000, force="exact")
    _, *loaded = _measured(tmp_path, tmp_path)
    unused = {"aiokafka", "cffi", "jwt", "onnxruntime", "pandas", "redis", "scipy"}
    assert "faiss" in loaded
    assert not unused & set(loaded)


def _measured(small: Path, large: Path) -> list[str]:
    """What `shard_memory` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.ann_shards.shard_memory", str(small), str(large)],
        capture_output=True, text=True, check=True, timeout=60,
        env={"OMP_NUM_THREADS": "1", "PATH": "", "MALLOC_TRIM_THRESHOLD_": "0"},
    )  # fmt: skip
    return done.stdout.split()
