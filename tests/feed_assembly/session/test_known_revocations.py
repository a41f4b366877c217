"""Whose revocations a process remembers, and how they come back into a record."""

import tracemalloc

import pytest

from feed_assembly.session.known_revocations import KnownRevocations
from feed_assembly.session.revocation_version import begun
from feed_assembly.session.revocations import NO_ROWS
from feed_assembly.session.session import RevocationChange, RevocationKind, SessionRecord
from feed_assembly.session.session_codec import pack_session, unpack_session
from tests.generation.tiny_generation import NOON_MS
from tests.serving.fixed_clock import FixedClock

VIEWERS = range(10**9, 10**9 + 500)


def record_with(kinds: list[RevocationKind], row_count: int = 1) -> SessionRecord:
    changes = [
        RevocationChange(kind, target, NOON_MS, in_force=True)
        for kind in kinds
        for target in range(row_count)
    ]
    return SessionRecord().begun(NOON_MS).with_changes(changes, NOON_MS)


def test_a_kind_that_nothing_is_revoked_of_costs_nothing() -> None:
    known = KnownRevocations()
    known.note(1, unpack_session(pack_session(record_with(["unfollowed_authors"]))))
    assert known.of(1).hidden_items.rows is NO_ROWS


def test_beyond_the_bound_those_not_met_for_longest_are_forgotten() -> None:
    known = KnownRevocations(max_bytes=2 * 475)
    for viewer_id in (1, 2, 1, 3):
        known.note(viewer_id, record_with(["unfollowed_authors"]))
    assert [known.of(viewer_id).has_revocations for viewer_id in (1, 2, 3)] == [True, False, True]


@pytest.mark.parametrize("kinds", [["left_groups"], ["hidden_items", "muted_authors"]])
@pytest.mark.parametrize("row_count", [1, 20])
def test_the_bound_counts_what_they_cost(kinds, row_count) -> None:
    raw = pack_session(record_with(kinds, row_count))
    known = KnownRevocations()
    known.note(1, unpack_session(raw))
    tracemalloc.start()
    try:
        for viewer_id in VIEWERS:
            known.note(viewer_id, unpack_session(raw))
        used_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    counted_bytes = len(VIEWERS) * (300 + len(kinds) * (150 + 25 * row_count))
    assert used_bytes == pytest.approx(counted_bytes, rel=0.2)


def test_what_a_lost_session_still_had_is_remembered() -> None:
    known = KnownRevocations()
    known.note(1, record_with(["blocked_authors"]).lost(NOON_MS + 1))
    assert known.of(1).excluded_author_ids.tolist() == [0]


def test_a_record_read_before_our_own_write_is_put_forward_to_it() -> None:
    """And no further: the store has that version, and what is behind it would be written anew."""
    known, clock = KnownRevocations(), FixedClock(NOON_MS)
    before = SessionRecord().begun(NOON_MS)
    after = record_with(["blocked_authors"])
    known.note(1, after)
    restored = known.restored(1, before, clock)
    assert restored.excluded_author_ids.tolist() == [0]
    assert restored.revocation_version == after.revocation_version


def test_a_record_that_began_anew_gets_a_version_after_both() -> None:
    known, clock = KnownRevocations(), FixedClock(NOON_MS + 1)
    known.note(1, record_with(["blocked_authors"]))
    restored = known.restored(1, SessionRecord(), clock)
    assert restored.excluded_author_ids.tolist() == [0]
    assert restored.revocation_version > begun(NOON_MS + 1)
