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
    grown = _heap_growth(tmp_path / "small", tmp_path / "large")
    # Bits of three regions and the centres of the lists are what a larger shard may add.
    assert grown < ROWS * ROW_BYTES / 8


def _heap_growth(small: Path, large: Path) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "tests.ann_shards.shard_memory", str(small), str(large)],
        capture_output=True, text=True, check=True, timeout=60,
        env={"OMP_NUM_THREADS": "1", "PATH": "", "MALLOC_TRIM_THRESHOLD_": "0"},
    )  # fmt: skip
    return int(done.stdout.split()[0])
