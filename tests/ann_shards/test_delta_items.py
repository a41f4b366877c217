"""New items take a bounded number of slots."""

import numpy as np

from ann_shards.delta_items import DeltaItems


def a_delta(capacity: int, *created_ms: int) -> DeltaItems:
    """Items 0, 1, 2, ... created at these times."""
    delta = DeltaItems(capacity)
    for item_id, created in enumerate(created_ms):
        delta.put(item_id, {"created_ms": created})
    return delta


def held(delta: DeltaItems) -> set[int]:
    items = delta.columns["item_id"]
    return set(items[items >= 0].tolist())


def test_when_full_the_item_published_longest_ago_falls_out():
    delta = a_delta(3, 50, 10, 30)
    delta.put(3, {"created_ms": 40})
    assert held(delta) == {0, 2, 3}
    assert (len(delta), delta.evicted_count) == (3, 1)


def test_items_of_the_generation_that_were_edited_fall_out_last():
    delta = DeltaItems(3)
    delta.put(0, {"created_ms": 10}, replaces_base=True)
    delta.put(1, {"created_ms": 50})
    delta.put(2, {"created_ms": 20}, replaces_base=True)
    delta.put(3, {"created_ms": 40}, replaces_base=True)
    assert held(delta) == {0, 2, 3}
    delta.put(4, {"created_ms": 30})
    assert held(delta) == {2, 3, 4}
    delta.put(5, {"created_ms": 60})
    assert held(delta) == {2, 3, 5}


def test_replacing_an_item_takes_no_new_slot():
    delta = a_delta(2, 10, 20)
    delta.put(0, {"created_ms": 30})
    assert held(delta) == {0, 1}
    assert delta.columns["created_ms"].tolist() == [30, 20]


def test_a_field_that_a_later_event_leaves_out_is_forgotten():
    delta = DeltaItems()
    delta.put(7, {"region": 3})
    delta.put(7, {"language": 2})
    assert (delta.columns["region"].tolist(), delta.columns["language"].tolist()) == ([0], [2])


def test_a_removed_items_slot_is_used_again():
    delta = a_delta(2, 10, 20)
    delta.remove(0)
    delta.remove(99)
    delta.put(5, {})
    assert delta.find(np.array([0, 1, 5])).tolist() == [-1, 1, 0]
    assert delta.evicted_count == 0


def test_many_items_are_all_found():
    delta = a_delta(1_000, *range(1_000))
    slots = delta.find(np.arange(1_000))
    assert delta.columns["created_ms"][slots].tolist() == list(range(1_000))
