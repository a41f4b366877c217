import pytest

from feed_assembly.session.revocations import KEPT_MS
from feed_assembly.session.served_ring import MAX_SERVED
from feed_assembly.session.session import MAX_STORED_FEEDS, RevocationChange, SessionRecord

NOON_MS = 1_750_000_000_000


def change(kind, id_, *, in_force=True, occurred_ms=NOON_MS) -> RevocationChange:
    return RevocationChange(kind, id_, occurred_ms, in_force)


def test_a_viewer_never_heard_of_has_nothing():
    record = SessionRecord()
    assert record.excluded_author_ids.tolist() == []
    assert (record.revocation_version, record.last_positive_ms) == (0, 0)


def test_every_revocation_made_or_lifted_raises_the_version():
    record = SessionRecord().with_changes([change("muted_authors", 1)], NOON_MS)
    assert record.revocation_version == 1
    record = record.with_changes([change("hidden_items", 5), change("left_groups", 6)], NOON_MS)
    assert record.revocation_version == 3
    record = record.with_changes([change("muted_authors", 1, in_force=False)], NOON_MS)
    assert record.revocation_version == 4


def test_excluded_authors_are_those_blocked_either_way_or_muted():
    record = SessionRecord().with_changes(
        [
            change("muted_authors", 3),
            change("blocked_by_authors", 2),
            change("blocked_authors", 1),
            change("unfollowed_authors", 4),
        ],
        NOON_MS,
    )
    assert record.excluded_author_ids.tolist() == [1, 2, 3]
    assert record.unfollowed_authors.ids.tolist() == [4]


def test_unblocking_leaves_the_other_sides_block():
    both = [change("blocked_authors", 8), change("blocked_by_authors", 8)]
    record = SessionRecord().with_changes(both, NOON_MS)
    mine_lifted = [change("blocked_authors", 8, in_force=False, occurred_ms=NOON_MS + 1)]
    assert record.with_changes(mine_lifted, NOON_MS).excluded_author_ids.tolist() == [8]


def test_hidden_items_age_and_blocks_do_not():
    old = SessionRecord().with_changes(
        [change("blocked_authors", 1), change("hidden_items", 5)], NOON_MS
    )
    later = old.with_changes([change("left_groups", 9)], NOON_MS + KEPT_MS + 1)
    assert later.hidden_items.ids.tolist() == []
    assert later.blocked_authors.ids.tolist() == [1]


def test_the_last_positive_never_goes_back():
    record = SessionRecord().with_positive(NOON_MS).with_positive(NOON_MS - 1)
    assert record.last_positive_ms == NOON_MS


def test_served_items_are_found_since_a_time():
    record = SessionRecord().with_page([3, 1], NOON_MS, ())
    record = record.with_page([2, 3], NOON_MS + 10, ())
    assert record.served.item_ids_since(NOON_MS).tolist() == [1, 2, 3]
    assert record.served.item_ids_since(NOON_MS + 1).tolist() == [2, 3]


def test_the_ring_forgets_what_was_served_longest_ago():
    record = SessionRecord().with_page([7, 8], NOON_MS, ())
    record = record.with_page(range(100, 100 + MAX_SERVED - 1), NOON_MS, ())
    assert record.served.item_ids_since(0).tolist() == [8, *range(100, 100 + MAX_SERVED - 1)]


def test_refuses_too_many_stored_feeds():
    with pytest.raises(ValueError, match="4 stored feeds, limit 3"):
        SessionRecord().with_stored_feeds([b"feed"] * (MAX_STORED_FEEDS + 1))
