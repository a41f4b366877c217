"""Waiting for what nobody tells."""

import asyncio
from collections.abc import Callable
from itertools import repeat

PATIENCE_S = 30.0


async def until(condition: Callable[[], object]) -> None:
    """Return once it holds."""
    async with asyncio.timeout(PATIENCE_S):
        for _ in repeat(None):
            if condition():
                return
            await asyncio.sleep(0.005)
