"""What waiting code needs of an event loop, so that tests can let time pass themselves."""

from collections.abc import Callable
from typing import Protocol, TypeVarTuple, Unpack

Arguments = TypeVarTuple("Arguments")


class Timer(Protocol):
    def cancel(self) -> None: ...


class Timers(Protocol):
    """Every `asyncio` event loop is one. Times are its own, in seconds."""

    def time(self) -> float: ...

    def call_later(
        self, delay: float, callback: Callable[[Unpack[Arguments]], object], *args: *Arguments
    ) -> Timer: ...
