"""Small builders that name only what a test is about, and fakes of what logging needs."""

from collections.abc import Callable
from typing import Any

import numpy as np

from feed_assembly.action import LoggedAction, SentAction
from feed_assembly.action_kinds import ACTION_KINDS
from feed_assembly.actions import ActionLogger
from feed_assembly.batch_result import BatchResult
from feed_assembly.item_change import ItemChange
from feed_assembly.session.session_store import SessionStore
from serving.deadline import Deadline
from serving.errors import BusUnavailableError
from serving.metrics_recorder import Metrics
from tests.feed_assembly.memory_state import MemoryState
from tests.serving.fixed_clock import NOON_MS, FixedClock

PATIENT_MS = 5_000


def an_action(kind: str = "like", target_id: int = 100, **fields: Any) -> SentAction:
    """Of viewer 1, on what the kind is about."""
    known = ACTION_KINDS.get(kind)
    values: dict[str, Any] = {
        "action_id": "a1",
        "viewer_id": 1,
        "kind": kind,
        "target": known.target if known else "item",
        "target_id": target_id,
    }
    return SentAction(**(values | fields))


def an_item(item_id: int | None = 100, **fields: Any) -> ItemChange:
    """To be published."""
    values: dict[str, Any] = {"event_id": "e1", "change": "publish", "item_id": item_id}
    return ItemChange(**(values | fields))


class FakeFacts:
    """Item `100 + i` is by author `10 + i` and of category `cats`; others are unknown."""

    def facts(self, item_ids):
        is_known = item_ids >= 100
        categories = [("cats",) if known else () for known in is_known]
        return np.where(is_known, item_ids - 90, -1), categories


class FakeLog:
    """An `EventLog` in memory.

    Attributes:
        kept: Events appended, in order.
        is_away: Nothing is acknowledged while true.
        refused: Ids (of actions or events) that are not acknowledged.
        timeouts_s: How long each append might have taken.
        on_append: Called with each event before it is kept.
    """

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self.is_away = False
        self.refused: set[str] = set()
        self.timeouts_s: list[float] = []
        self.on_append: Callable[[Any], None] = lambda _event: None

    async def append(self, event: Any, timeout_s: float) -> None:
        self.timeouts_s.append(timeout_s)
        self.on_append(event)
        event_id = event.action_id if isinstance(event, LoggedAction) else event.event_id
        if self.is_away or event_id in self.refused:
            raise BusUnavailableError("secret broker address")
        self.kept.append(event)


class Logging:
    """An `ActionLogger` over fakes, and what a test looks at."""

    def __init__(self, *, authors_are_viewers: bool = True) -> None:
        self.state = MemoryState()
        self.clock = FixedClock()
        self.sessions = SessionStore(self.state, self.clock)
        self.log = FakeLog()
        self.metrics = Metrics()
        self.logger = ActionLogger(
            self.sessions,
            self.log,
            FakeFacts(),
            self.clock,
            self.metrics,
            authors_are_viewers=authors_are_viewers,
        )

    async def __call__(self, *actions: SentAction, budget_ms: float = PATIENT_MS) -> BatchResult:
        return await self.logger.log_actions(actions, Deadline.after_ms(budget_ms))

    async def excluded_authors(self, viewer_id: int) -> list[int]:
        return (await self.sessions.find(viewer_id)).record.excluded_author_ids.tolist()


__all__ = ["NOON_MS", "FakeLog", "Logging", "an_action", "an_item"]
