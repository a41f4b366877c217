"""Tasks that run beside the requests, such as bus readers; one that ends early is an alarm.

A reader that died silently would let a server go on answering from state that no longer changes.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

log = structlog.get_logger()


class BackgroundTasks:
    """Starts tasks, reports the first that ends by itself, cancels the rest on `close`."""

    def __init__(self, on_failure: Callable[[], None]) -> None:
        """Call `on_failure` once per task that raised or returned before `close`."""
        self._on_failure = on_failure
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> None:
        """Run `work` until `close`; it is not meant to return."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def close(self) -> None:
        """Cancel all tasks and wait for them."""
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        if task not in self._tasks:
            return
        self._tasks.discard(task)
        cause = None if task.cancelled() else task.exception()
        log.error("background task ended", task=task.get_name(), exc_info=cause)
        self._on_failure()
