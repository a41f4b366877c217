"""What a feed_assembly process refuses to be started with."""

import pytest

from feed_assembly.ranked_list_reader import own_partition
from feed_assembly.settings import FeedAssemblySettings
from serving.settings_loading import SettingsError, load_settings

NEEDED = {"generations": "/g", "home": "/h", "candidate_address": "127.0.0.1:1"}


def test_one_replica_is_the_default() -> None:
    settings = load_settings(FeedAssemblySettings, NEEDED)
    assert (settings.replica, settings.replicas) == (0, 1)
    assert not settings.allow_as_of


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"candidate_address": ""}, "candidate_address"),
        ({"replicas": 65}, "replicas"),
        ({"replica": 2, "replicas": 2}, "replica"),
        ({"page_token_key": "00"}, "page_token_key"),
        ({"page_token_key": "x" * 64}, "page_token_key"),
    ],
)
def test_wrong_settings_are_named(fields, named) -> None:
    with pytest.raises(SettingsError, match=f"--{named}"):
        load_settings(FeedAssemblySettings, {**NEEDED, **fields})


def test_a_key_is_not_shown() -> None:
    settings = load_settings(FeedAssemblySettings, {**NEEDED, "page_token_key": "ab" * 32})
    assert "abab" not in repr(settings)


def test_every_replica_reads_a_partition_that_no_other_reads() -> None:
    partitions = [own_partition(index, 64) for index in range(64)]
    assert sorted(partitions) == list(range(64))


@pytest.mark.parametrize("replica", [(1, 1), (-1, 1), (0, 65), (0, 0)])
def test_there_is_no_such_replica(replica) -> None:
    with pytest.raises(ValueError, match="need 0 <= index < count <= 64"):
        own_partition(*replica)
