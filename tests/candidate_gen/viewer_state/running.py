"""Runs an updater beside a test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from candidate_gen.viewer_state.updater import ViewerStateUpdater


@asynccontextmanager
async def running(updater: ViewerStateUpdater) -> AsyncIterator[None]:
    """Let it run while the block does; how it ends is seen through `caught_up`."""
    task = asyncio.create_task(updater.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(Exception, asyncio.CancelledError):
            await task
