"""What revocations take out of a list."""

import numpy as np
import pytest

from feed_assembly.item_change import ItemChange
from feed_assembly.session.session import RevocationChange, SessionRecord
from feed_assembly.showable import MAY_BE_TOLD_LATE_MS, showable
from tests.generation.tiny_generation import NOON_MS

ITEMS = np.array([137, 138, 139])
AUTHORS = np.array([15, 16, 17])


def record_with(kind: str, target: int, at_ms: int, in_force: bool = True) -> SessionRecord:
    return SessionRecord().with_changes([RevocationChange(kind, target, at_ms, in_force)], at_ms)


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("hidden_items", 138),
        ("blocked_authors", 16),
        ("blocked_by_authors", 16),
        ("muted_authors", 16),
        ("unfollowed_authors", 16),
        ("left_groups", 500),
    ],
)
def test_each_kind_takes_out_what_it_names(ring, kind, target) -> None:
    record = record_with(kind, target, NOON_MS + 1)
    kept = showable(ITEMS, AUTHORS, record, ring.content, NOON_MS)
    assert kept.tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("kind", "target", "kept"),
    [
        ("hidden_items", 138, False),
        ("blocked_authors", 16, False),
        ("unfollowed_authors", 16, True),
        ("left_groups", 500, True),
    ],
)
def test_ties_cut_before_the_list_was_made_are_candidate_gens_matter(
    ring, kind, target, kept
) -> None:
    record = record_with(kind, target, NOON_MS - MAY_BE_TOLD_LATE_MS - 1)
    assert showable(ITEMS, AUTHORS, record, ring.content, NOON_MS)[1] == kept


@pytest.mark.parametrize(("kind", "target"), [("unfollowed_authors", 16), ("left_groups", 500)])
def test_a_tie_cut_just_before_may_not_have_been_told_of_yet(ring, kind, target) -> None:
    record = record_with(kind, target, NOON_MS - MAY_BE_TOLD_LATE_MS)
    assert not showable(ITEMS, AUTHORS, record, ring.content, NOON_MS)[1]


def test_what_was_lifted_is_shown_again(ring) -> None:
    record = record_with("muted_authors", 16, NOON_MS, in_force=False)
    assert showable(ITEMS, AUTHORS, record, ring.content, NOON_MS).all()


def test_the_group_of_an_item_may_have_changed(ring) -> None:
    ring.overlay.apply(
        ItemChange("e", "publish", 137, author_id=15, group_id=500, visibility="group")
    )
    record = record_with("left_groups", 500, NOON_MS + 1)
    kept = showable(ITEMS, AUTHORS, record, ring.content, NOON_MS)
    assert kept.tolist() == [False, False, True]
