"""The partition of many keys at once: the vectorised twin of `serving.bus.topics.partition_of`.

Shards of items, partitions of topics and partitions of the build all use this one hash. A test
holds both twins together.
"""

import numpy as np
import numpy.typing as npt

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)


def partitions_of(keys: npt.NDArray[np.int64], partitions: int) -> npt.NDArray[np.int32]:
    """Partition in `[0, partitions)` of every key. `int32[len(keys)]`."""
    z = keys.astype(np.int64).view(np.uint64) + GOLDEN
    z = (z ^ (z >> np.uint64(30))) * FIRST
    z = (z ^ (z >> np.uint64(27))) * SECOND
    return ((z ^ (z >> np.uint64(31))) % np.uint64(partitions)).astype(np.int32)
