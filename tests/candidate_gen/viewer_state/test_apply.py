"""What each kind of action does to a viewer's record."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candidate_gen.viewer_state.apply import RECENT_KEPT_MS, apply
from candidate_gen.viewer_state.record import (
    MAX_AUTHORS_KEPT,
    MAX_CATEGORIES_KEPT,
    MAX_RECENT,
    MAX_WITHDRAWN,
    RecordError,
    empty_record,
    pack,
    unpack,
)
from generation.viewer_columns import MAX_POSITIVES, MAX_SEEN, VIEWER_TOTALS
from tests.candidate_gen.viewer_state.actions import (
    MINUTE_MS,
    NOON_MS,
    SECOND_MS,
    a_record,
    an_action,
)


def totals(record) -> dict[str, float]:
    return {n: v for n, v in zip(VIEWER_TOTALS, record.totals.tolist(), strict=True) if v}


def counts(keys, impressions, positives) -> dict[int, tuple[float, float]]:
    pairs = zip(impressions.tolist(), positives.tolist(), strict=True)
    return dict(zip(keys.tolist(), pairs, strict=True))


def categories(record) -> dict[int, tuple[float, float]]:
    return counts(record.category_codes, record.category_impressions, record.category_positives)


def authors(record) -> dict[int, tuple[float, float]]:
    return counts(record.author_ids, record.author_impressions, record.author_positives)


@pytest.mark.parametrize(
    ("kind", "total"),
    [
        ("impression", "impressions"),
        ("click", "clicks"),
        ("like", "likes"),
        ("share", "likes"),
        ("comment", "likes"),
        ("long_view", "long_views"),
        ("hide", "negatives"),
        ("report", "negatives"),
    ],
)
def test_each_action_counts_once_in_its_total(kind, total):
    assert totals(a_record(an_action(kind))) == {total: 1}


def test_dwell_is_summed_in_seconds_over_impressions_that_report_one():
    record = a_record(
        an_action("impression", value=1_500),
        an_action("impression", value=0),
        an_action("long_view", value=9_000),
    )
    assert totals(record) == {"impressions": 2, "long_views": 1, "dwell_s": 1.5, "dwells": 1}


def test_positives_are_distinct_and_newest_first():
    record = a_record(
        an_action("like", 100),
        an_action("click", 101, occurred_ms=NOON_MS + 1),
        an_action("share", 100, occurred_ms=NOON_MS + 2),
    )
    assert record.positive_item_ids.tolist() == [100, 101]
    assert record.positive_ms.tolist() == [NOON_MS + 2, NOON_MS + 1]


def test_a_late_action_keeps_the_later_time():
    record = a_record(
        an_action("like", 100), an_action("like", 100, occurred_ms=NOON_MS - MINUTE_MS)
    )
    assert record.positive_ms.tolist() == [NOON_MS]
    assert record.seen_s.tolist() == [NOON_MS // SECOND_MS]


def test_a_late_positive_takes_its_place_in_time():
    record = a_record(
        an_action("like", 1),
        an_action("like", 2, occurred_ms=NOON_MS + 2),
        an_action("like", 3, occurred_ms=NOON_MS + 1),
    )
    assert record.positive_item_ids.tolist() == [2, 3, 1]


def test_an_unlike_withdraws_the_positive_and_keeps_the_item_seen():
    record = a_record(an_action("like", 100), an_action("unlike", 100))
    assert record.positive_item_ids.tolist() == []
    assert record.unliked_item_ids.tolist() == [100]
    assert record.seen_item_ids.tolist() == [100]


def test_a_like_after_an_unlike_is_a_positive_again():
    record = a_record(an_action("unlike", 100), an_action("like", 100))
    assert record.positive_item_ids.tolist() == [100]


@pytest.mark.parametrize("kind", ["hide", "report"])
def test_what_was_hidden_or_reported_is_never_a_positive_again(kind):
    record = a_record(an_action("like", 100), an_action(kind, 100), an_action("click", 100))
    assert record.positive_item_ids.tolist() == []
    assert record.negative_item_ids.tolist() == [100]
    assert totals(record) == {"likes": 1, "clicks": 1, "negatives": 1}


def test_every_action_on_an_item_makes_it_seen_once():
    record = a_record(an_action("impression", 1), an_action("hide", 2), an_action("click", 1))
    assert record.seen_item_ids.tolist() == [1, 2]


@pytest.mark.parametrize("kind", ["follow", "block", "mute", "join", "unfollow"])
def test_actions_on_people_and_groups_change_nothing(kind):
    record = a_record(an_action("like"))
    assert apply(record, an_action(kind, -1)) is record


def test_categories_count_every_category_of_the_item_and_skip_unknown_ones():
    record = a_record(
        an_action("impression", category_codes=(3, 0, 5)),
        an_action("click", category_codes=(3,)),
        an_action("hide", category_codes=(3,)),
    )
    assert categories(record) == {3: (1, 1), 5: (1, 0)}


def test_a_category_named_twice_counts_once():
    assert categories(a_record(an_action("click", category_codes=(3, 3)))) == {3: (0, 1)}


def test_authors_count_and_items_without_one_do_not():
    record = a_record(
        an_action("impression", author_id=10), an_action("like", author_id=10), an_action("like")
    )
    assert authors(record) == {10: (1, 1)}


def test_a_new_author_takes_the_place_of_the_smallest_count():
    actions = [an_action("like", author_id=a) for a in range(MAX_AUTHORS_KEPT)]
    record = a_record(*actions, *actions[:7], *actions[8:], an_action("like", author_id=9_999))
    kept = authors(record)
    assert len(kept) == MAX_AUTHORS_KEPT
    assert 7 not in kept
    assert kept[9_999] == (0, 1)
    assert kept[8] == (0, 2)


def test_recent_actions_are_clicks_and_impressions_of_the_last_minutes():
    late_ms = NOON_MS + RECENT_KEPT_MS
    record = a_record(
        an_action("click", occurred_ms=NOON_MS),
        an_action("impression", occurred_ms=NOON_MS + 1, category_codes=(4, 2)),
        an_action("like", occurred_ms=late_ms),
        an_action("click", occurred_ms=late_ms),
    )
    assert record.recent_ms.tolist() == [late_ms, NOON_MS + 1]
    assert record.recent_categories.tolist() == [0, 4]


def test_the_last_action_is_the_latest_not_the_one_that_arrived_last():
    record = a_record(an_action(), an_action(occurred_ms=NOON_MS - MINUTE_MS))
    assert record.last_action_ms == NOON_MS


KINDS = ("impression", "click", "like", "unlike", "share", "hide", "follow")
random_actions = st.builds(
    an_action,
    st.sampled_from(KINDS),
    st.integers(0, 5),
    occurred_ms=st.integers(NOON_MS - 5, NOON_MS + 5),
    author_id=st.integers(-1, 3),
    category_codes=st.lists(st.integers(0, 3), max_size=4).map(tuple),
).map(lambda action: action if action.kind != "follow" else an_action("follow", -1))


@settings(deadline=None)
@given(st.lists(random_actions, max_size=40))
def test_positives_are_what_a_plain_reading_of_the_actions_says(actions):
    standing: dict[int, int] = {}
    hidden: set[int] = set()
    for action in actions:
        if action.kind in ("unlike", "hide"):
            standing.pop(action.item_id, None)
        if action.kind == "hide":
            hidden.add(action.item_id)
        if action.kind in ("click", "like", "share") and action.item_id not in hidden:
            latest = max(standing.get(action.item_id, 0), action.occurred_ms)
            standing[action.item_id] = latest
    record = a_record(*actions)
    found = zip(record.positive_item_ids.tolist(), record.positive_ms.tolist(), strict=True)
    assert dict(found) == standing
    assert record.positive_ms.tolist() == sorted(standing.values(), reverse=True)
    on_items = [action for action in actions if action.item_id >= 0]
    assert set(record.seen_item_ids.tolist()) == {action.item_id for action in on_items}
    impressions = sum(action.kind == "impression" for action in on_items)
    assert record.totals[0] == impressions


@settings(deadline=None)
@given(st.lists(random_actions, max_size=20))
def test_a_record_comes_back_from_its_blob(actions):
    record = a_record(*actions)
    back = unpack(pack(record))
    for field in fields(record):
        before, after = getattr(record, field.name), getattr(back, field.name)
        np.testing.assert_array_equal(before, after)
        assert np.asarray(before).dtype == np.asarray(after).dtype
    assert pack(back) == pack(record)


def test_nothing_in_a_record_grows_without_bound():
    record = empty_record()
    for number in range(MAX_SEEN + 100):
        kind = ("impression", "like", "hide", "unlike")[number % 4]
        action = an_action(
            kind, number, occurred_ms=NOON_MS + number, author_id=number, category_codes=(number,)
        )
        record = apply(record, action)
    assert len(record.seen_item_ids) == len(record.seen_s) == MAX_SEEN
    assert len(record.positive_item_ids) == MAX_POSITIVES
    assert len(record.recent_ms) == MAX_RECENT
    assert len(record.negative_item_ids) == len(record.unliked_item_ids) == MAX_WITHDRAWN
    assert len(record.author_ids) == MAX_AUTHORS_KEPT
    assert len(record.category_codes) == MAX_CATEGORIES_KEPT
    assert record.seen_item_ids[0] == MAX_SEEN + 99
    assert len(pack(record)) < 64_000


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda blob: blob[:0], "0 bytes"),
        (lambda blob: blob[:-1], "end within recent_kinds"),
        (lambda blob: blob + b"x", "expected"),
        (lambda blob: b"\x02" + blob[1:], "format 2"),
        (lambda blob: blob[:6] + bytes([2]) + blob[7:], "bytes"),
    ],
)
def test_a_damaged_blob_is_refused(damage, problem):
    blob = pack(a_record(an_action("click")))
    with pytest.raises(RecordError, match=problem):
        unpack(damage(blob))
