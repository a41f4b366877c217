import pytest

from candidate_gen.quotas import (
    MAX_RANKED,
    NEW_VIEWER_QUOTAS,
    QUOTAS,
    TOTAL,
    quotas_for,
    shard_limit,
)
from serving.contracts.shard import MAX_LIMIT
from serving.contracts.sources import SOURCES


def test_every_source_has_a_quota_in_the_declared_order() -> None:
    assert tuple(QUOTAS) == SOURCES == tuple(NEW_VIEWER_QUOTAS)


def test_there_are_more_than_the_ranker_takes_and_fewer_authors_than_may_be_asked_for() -> None:
    assert MAX_RANKED < TOTAL <= 1_000


def test_half_of_nearest_goes_to_popular_and_fresh_for_a_new_viewer() -> None:
    quotas = quotas_for(has_vector=False)
    assert quotas["nearest"] == QUOTAS["nearest"] // 2
    assert sum(quotas.values()) == TOTAL
    gained = {name: quotas[name] - QUOTAS[name] for name in ("popular", "fresh")}
    assert gained == {"popular": 38, "fresh": 37}


def test_one_shard_is_asked_for_the_quota() -> None:
    assert shard_limit(150, TOTAL, shard_count=1) == 150


def test_many_shards_are_asked_for_their_part_and_a_margin() -> None:
    assert shard_limit(150, TOTAL, shard_count=4) == 56  # 37.5 + 3 * sqrt(37.5) = 55.9
    assert shard_limit(50, TOTAL, shard_count=50) == 4


def test_no_shard_is_asked_for_more_than_is_wanted_of_all() -> None:
    assert shard_limit(4, TOTAL, shard_count=2) == 4


def test_a_source_is_asked_for_what_will_spill_to_it() -> None:
    assert shard_limit(50, TOTAL // 2, shard_count=1) == 100
    assert shard_limit(50, 50, shard_count=1) == TOTAL


@pytest.mark.parametrize("shard_count", [1, 2, 1_000])
def test_limits_stay_within_the_contract(shard_count: int) -> None:
    limits = [shard_limit(q, p, shard_count) for q in (1, 150) for p in (150, TOTAL)]
    assert all(1 <= limit <= MAX_LIMIT for limit in limits)
