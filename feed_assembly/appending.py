"""Appends the entries of a batch to a log: in order, and all on their way at once."""

import asyncio
from collections.abc import Sequence
from typing import TypeVar

import structlog

from feed_assembly.batch_result import BatchErrors
from feed_assembly.event_log import EventLog
from serving.deadline import Deadline
from serving.errors import DependencyError, FeedError, InvalidRequestError

STARTED_AT_ONCE = 32
"""Bounds the time that starting holds the event loop; all of a batch share few writes."""

Event = TypeVar("Event")

log = structlog.get_logger()


async def append_all(
    events: Sequence[tuple[int, Event]],
    event_log: EventLog[Event],
    errors: BatchErrors,
    deadline: Deadline,
) -> list[tuple[int, Event]]:
    """Append events in order; those not acknowledged go to `errors`.

    Args:
        events: (index in the request, event).

    Returns:
        The events that are kept.
    """
    timeout_s = deadline.remaining_s()
    tasks: list[asyncio.Task[FeedError | None]] = []
    async with asyncio.TaskGroup() as group:
        for start in range(0, len(events), STARTED_AT_ONCE):
            for _, event in events[start : start + STARTED_AT_ONCE]:
                tasks.append(group.create_task(_append(event, event_log, timeout_s)))
            await asyncio.sleep(0)
    kept = []
    for (index, event), task in zip(events, tasks, strict=True):
        error = task.result()
        if error is None:
            kept.append((index, event))
        elif isinstance(error, InvalidRequestError):
            errors.refuse(index, error)
        else:
            errors.unavailable(index, "not acknowledged in time, send it again")
    return kept


async def _append(event: Event, event_log: EventLog[Event], timeout_s: float) -> FeedError | None:
    if timeout_s <= 0:
        return DependencyError("no time left")
    try:
        await event_log.append(event, timeout_s)
    except (DependencyError, InvalidRequestError) as error:
        log.warning("event not kept", problem=str(error))
        return error
    return None
