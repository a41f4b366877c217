"""Logs what viewers did: accepted means kept on the bus, and revocations already in force."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import structlog

from feed_assembly.action import LoggedAction, SentAction, checked_action
from feed_assembly.appending import append_all
from feed_assembly.batch_result import BatchErrors, BatchResult
from feed_assembly.event_log import EventLog
from feed_assembly.field_checks import check_batch_size
from feed_assembly.item_facts import ItemFacts
from feed_assembly.session.session_store import SessionStore
from feed_assembly.session_effects import SessionEffects, positive_marks, revocation_changes
from serving.clock import Clock
from serving.deadline import Deadline
from serving.errors import InvalidRequestError
from serving.metrics import ACTIONS
from serving.metrics_recorder import Metrics

MAX_ACTIONS = 1_000
CHECKED_AT_ONCE = 50
"""Bounds the time that checking holds the event loop."""

MARK_RESERVE_MS = 10.0
"""Kept of what the bus may take, to outdate stored feeds afterwards."""

Indexed = list[tuple[int, LoggedAction]]
"""Actions with their index in the request."""

log = structlog.get_logger()


class ActionLogger:
    """Answers `LogActions`."""

    def __init__(
        self,
        sessions: SessionStore,
        action_log: EventLog[LoggedAction],
        item_facts: ItemFacts,
        clock: Clock,
        metrics: Metrics,
        *,
        authors_are_viewers: bool,
    ) -> None:
        """`authors_are_viewers`: a block then goes to both people's records."""
        self._sessions = sessions
        self._action_log = action_log
        self._item_facts = item_facts
        self._clock = clock
        self._accepted = metrics.counter(ACTIONS, "accepted")
        self._rejected = metrics.counter(ACTIONS, "rejected")
        self._authors_are_viewers = authors_are_viewers

    async def log_actions(self, actions: Sequence[SentAction], deadline: Deadline) -> BatchResult:
        """Check, put revocations in force, keep on the bus, in this order.

        A refused action changes nothing, but one refused as `UNAVAILABLE` may have been kept.

        Raises:
            InvalidRequestError: none, or more than `MAX_ACTIONS`.
        """
        check_batch_size("actions", len(actions), MAX_ACTIONS)
        errors = BatchErrors()
        now_ms = self._clock.now_ms()
        checked = await self._checked(actions, now_ms, errors)
        in_force = await self._put_in_force(checked, now_ms, errors, deadline)
        bus_deadline = deadline.earlier_by(MARK_RESERVE_MS)
        kept = await append_all(in_force, self._action_log, errors, bus_deadline)
        await self._mark_positives([action for _, action in kept], deadline)
        result = errors.result(len(actions))
        self._accepted.inc(result.accepted_count)
        self._rejected.inc(len(result.errors))
        return result

    async def _checked(
        self, actions: Sequence[SentAction], now_ms: int, errors: BatchErrors
    ) -> Indexed:
        checked: Indexed = []
        for start in range(0, len(actions), CHECKED_AT_ONCE):
            part: Indexed = []
            for index, sent in enumerate(actions[start : start + CHECKED_AT_ONCE], start):
                try:
                    part.append((index, checked_action(sent, f"actions[{index}]", now_ms)))
                except InvalidRequestError as error:
                    errors.refuse(index, error)
            checked += self._with_facts(part)
            await asyncio.sleep(0)
        return checked

    def _with_facts(self, actions: Indexed) -> Indexed:
        item_ids = [action.target_id for _, action in actions if action.target == "item"]
        if not item_ids:
            return actions
        author_ids, categories = self._item_facts.facts(np.array(item_ids, np.int64))
        facts = zip(author_ids.tolist(), categories, strict=True)
        return [
            (index, _with_item(action, *next(facts)) if action.target == "item" else action)
            for index, action in actions
        ]

    async def _put_in_force(
        self, actions: Indexed, now_ms: int, errors: BatchErrors, deadline: Deadline
    ) -> Indexed:
        """Write revocations to the session records; the actions that may go to the bus."""
        effects = SessionEffects(authors_are_viewers=self._authors_are_viewers)
        for _, action in actions:
            effects.add(action)
        # The other half is for the bus: without it nothing could be accepted.
        timeout_s = deadline.remaining_s() / 2
        failures = await self._sessions.update_many(effects.by_viewer(now_ms), timeout_s)
        if not failures:
            return actions
        log.warning("revocations not in force", viewers=len(failures), cause=_first(failures))
        in_force: Indexed = []
        for index, action in actions:
            changes = revocation_changes(action, authors_are_viewers=self._authors_are_viewers)
            if any(viewer_id in failures for viewer_id, _ in changes):
                errors.unavailable(index, f"{action.kind} could not be put in force, send it again")
            else:
                in_force.append((index, action))
        return in_force

    async def _mark_positives(self, actions: Sequence[LoggedAction], deadline: Deadline) -> None:
        """Stored feeds are out of date now; where that is not written they live on for a minute.

        After the bus has the actions, so that no feed made without them passes for a later one.
        """
        marks = positive_marks(actions, self._clock.now_ms())
        failures = await self._sessions.update_many(marks, deadline.remaining_s())
        if failures:
            log.warning("stored feeds not outdated", viewers=len(failures), cause=_first(failures))


def _with_item(action: LoggedAction, author_id: int, categories: tuple[str, ...]) -> LoggedAction:
    return replace(action, item_author_id=author_id, item_categories=categories)


def _first(failures: Mapping[int, Exception]) -> str:
    return str(next(iter(failures.values())))
