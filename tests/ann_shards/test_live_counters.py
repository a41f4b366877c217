"""Live counters are absolute, age, and stay sparse."""

import numpy as np
import pytest

from ann_shards.live_counters import LiveCounters
from generation.counters import COUNTER_COLUMNS, HOUR_MS
from tests.generation.tiny_generation import NOON_MS


def put(live: LiveCounters, counts: dict[int, float], as_of_ms: int = NOON_MS) -> None:
    """The same count in every column of an item."""
    items = np.array(list(counts), np.int64)
    values = np.repeat(np.array(list(counts.values()), np.float32)[:, None], 15, axis=1)
    live.put(items, values, np.full(len(items), as_of_ms, np.int64))


def test_items_nobody_acted_on_count_zero():
    live = LiveCounters()
    assert not live.of(np.array([1, 2]), NOON_MS).any()
    put(live, {1: 3})
    assert live.of(np.array([2, 1]), NOON_MS)[:, 0].tolist() == [0, 3]


def test_a_later_value_replaces_an_earlier_one_and_the_last_of_a_batch_counts():
    live = LiveCounters()
    put(live, {5: 1})
    live.put(np.array([5, 5]), np.stack([np.full(15, 7.0), np.full(15, 9.0)]), np.full(2, NOON_MS))
    assert live.of(np.array([5]), NOON_MS)[0, 0] == 9
    assert len(live) == 1


def test_each_horizon_ages_by_its_own_half_life():
    live = LiveCounters()
    put(live, {5: 8})
    aged = dict(zip(COUNTER_COLUMNS, live.of(np.array([5]), NOON_MS + HOUR_MS)[0], strict=True))
    assert aged["clicks_total"] == 8
    assert aged["clicks_hour"] == 4
    assert aged["clicks_week"] == pytest.approx(8 * 2 ** (-1 / 168))


def test_items_put_in_any_order_are_all_found():
    live = LiveCounters()
    items = np.random.default_rng(7).permutation(2_000)
    for start in range(0, 2_000, 130):
        put(live, {int(i): float(i) for i in items[start : start + 130]})
    assert live.of(np.arange(2_000), NOON_MS)[:, 0].tolist() == list(range(2_000))


def test_the_most_popular_are_those_with_most_recent_positives():
    live = LiveCounters()
    put(live, {i: float(i) for i in range(1_500)})
    assert sorted(live.most_popular().tolist()) == list(range(500, 1_500))
    put(live, {3: 2_000.0}, NOON_MS + HOUR_MS)
    assert 3 in live.most_popular()


def test_counters_of_very_different_times_stay_finite():
    live = LiveCounters()
    put(live, {1: 3}, as_of_ms=0)
    put(live, {2: 5})
    put(live, {3: 7}, as_of_ms=1)
    for now_ms in (1, NOON_MS, 2**48):
        assert np.isfinite(live.positives * live.positives_factor(now_ms)).all()
    assert live.positives[live.slots[1]] * live.positives_factor(NOON_MS) == pytest.approx(15)
