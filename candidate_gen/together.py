"""Two reads that do not depend on each other.

Over a network both are under way at once. In one process neither waits for anything, and a task for
each would cost as much as a read.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

One = TypeVar("One")
Other = TypeVar("Other")


class Together(Protocol):
    """A way to wait for both."""

    async def __call__(
        self, one: Callable[[], Awaitable[One]], other: Callable[[], Awaitable[Other]]
    ) -> tuple[One, Other]: ...


async def at_once(
    one: Callable[[], Awaitable[One]], other: Callable[[], Awaitable[Other]]
) -> tuple[One, Other]:
    """Both under way at the same time."""
    return await asyncio.gather(one(), other())


async def in_turn(
    one: Callable[[], Awaitable[One]], other: Callable[[], Awaitable[Other]]
) -> tuple[One, Other]:
    """One after the other."""
    return await one(), await other()
