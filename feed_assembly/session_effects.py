"""What a batch of actions does to session records, grouped so that each is written once."""

from collections.abc import Sequence

from feed_assembly.action import LoggedAction
from feed_assembly.session.session import RevocationChange, SessionRecord
from feed_assembly.session.session_writer import Change


class SessionEffects:
    """Revocations made and lifted, by the viewer whose record they go to."""

    def __init__(self, *, authors_are_viewers: bool) -> None:
        self._authors_are_viewers = authors_are_viewers
        self._changes: dict[int, list[RevocationChange]] = {}

    def add(self, action: LoggedAction) -> None:
        for viewer_id, change in revocation_changes(
            action, authors_are_viewers=self._authors_are_viewers
        ):
            self._changes.setdefault(viewer_id, []).append(change)

    def by_viewer(self, now_ms: int) -> dict[int, Change]:
        """One change per record, for `SessionStore.update_many`."""
        return {viewer_id: _apply(changes, now_ms) for viewer_id, changes in self._changes.items()}


def revocation_changes(
    action: LoggedAction, *, authors_are_viewers: bool
) -> list[tuple[int, RevocationChange]]:
    """The records that an action must be in before it is acknowledged: (viewer, change)."""
    kind = action.effect.revocation
    if kind is None:
        return []
    occurred_ms, in_force = action.occurred_ms, not action.effect.lifts
    own = RevocationChange(kind, action.target_id, occurred_ms, in_force)
    changes = [(action.viewer_id, own)]
    if kind == "blocked_authors" and authors_are_viewers:
        other = RevocationChange("blocked_by_authors", action.viewer_id, occurred_ms, in_force)
        changes.append((action.target_id, other))
    return changes


def positive_marks(actions: Sequence[LoggedAction], now_ms: int) -> dict[int, Change]:
    """One change per viewer with a positive action, for `SessionStore.update_many`."""

    def mark(record: SessionRecord) -> SessionRecord:
        return record.with_positive(now_ms)

    return {action.viewer_id: mark for action in actions if action.effect.is_positive}


def _apply(changes: Sequence[RevocationChange], now_ms: int) -> Change:
    def apply(record: SessionRecord) -> SessionRecord:
        return record.with_changes(changes, now_ms)

    return apply
