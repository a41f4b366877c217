"""Runs a consumer while looking, from time to time, whether the store still has what it applied.

A store that was emptied under a running process says nothing: what it held is missing, and nobody
writes to most partitions for minutes. Looking is one read of all checkpoints.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from serving.errors import DependencyError

LOOK_INTERVAL_S = 2.0

_log = structlog.get_logger(__name__)


class CheckpointMovedError(Exception):
    """The store is not where this process believes it to be: load the checkpoints, read again."""


class CheckpointLostError(CheckpointMovedError):
    """The store is behind what this process wrote to it: it lost data. What is lost is replayed."""


class EndableConsumer(Protocol):
    """What is needed of an `EventConsumer`."""

    async def run(self) -> None: ...

    def end_with(self, cause: Exception) -> None: ...


async def run_watched(
    consumer: EndableConsumer,
    require_kept: Callable[[], Awaitable[None]],
    interval_s: float = LOOK_INTERVAL_S,
) -> None:
    """Run `consumer` until it ends; it does when `require_kept` finds that data were lost.

    Raises:
        CheckpointLostError: by `require_kept`. A store that does not answer is asked again.
        Exception: what the consumer raised.
    """
    looking = asyncio.create_task(_look(consumer, require_kept, interval_s))
    try:
        await consumer.run()
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _look(
    consumer: EndableConsumer, require_kept: Callable[[], Awaitable[None]], interval_s: float
) -> None:
    while True:
        await asyncio.sleep(interval_s)
        try:
            await require_kept()
        except CheckpointLostError as lost:
            _log.error("the store lost what was written to it: it is filled anew", cause=str(lost))
            consumer.end_with(lost)
            return
        except DependencyError as error:
            _log.debug("not looked into the store", cause=str(error))
