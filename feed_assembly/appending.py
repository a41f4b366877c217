"""Appends the entries of a batch to a log, many at once but not all at once."""

import asyncio
from collections.abc import Sequence
from typing import TypeVar

import structlog

from feed_assembly.batch_result import BatchErrors
from feed_assembly.event_log import EventLog
from serving.deadline import Deadline
from serving.errors import DependencyError, FeedError, InvalidRequestError

MAX_CONCURRENT_APPENDS = 64
"""Enough to share one write to disk or one produce request; bounds the work between two awaits."""

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
    kept = []
    for start in range(0, len(events), MAX_CONCURRENT_APPENDS):
        wave = events[start : start + MAX_CONCURRENT_APPENDS]
        timeout_s = deadline.remaining_s()
        outcomes = await asyncio.gather(
            *(_append(event, event_log, timeout_s) for _, event in wave)
        )
        for (index, event), error in zip(wave, outcomes, strict=True):
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
