"""The vectorised hash and the one of the topics are one hash."""

import numpy as np

from generation.partition import partitions_of
from serving.bus.topics import partition_of

IDS = np.array([0, 1, 2, 41, 10**6, 2**31, 2**53 + 1, 2**63 - 1], np.int64)


def test_agrees_with_the_hash_of_the_topics():
    for partitions in (1, 2, 3, 64, 1000):
        expected = [partition_of(item_id, partitions) for item_id in IDS.tolist()]
        assert partitions_of(IDS, partitions).tolist() == expected


def test_spreads_sequential_ids_evenly():
    counts = np.bincount(partitions_of(np.arange(8_000), 8))
    assert counts.min() > 900
    assert counts.max() < 1_100


def test_leaves_its_input_alone():
    ids = IDS.copy()
    partitions_of(ids, 64)
    assert ids.tolist() == IDS.tolist()
