"""Who is next: the caller with the fewest calls running, in rotation among equals."""

from collections import deque
from collections.abc import Mapping

from serving.admission.turn import Turn


class FairQueue:
    """Turns that wait; the calls of one caller keep their order. Before a call of somebody who has
    two, running and waiting, not more than about two of each other caller are let in."""

    def __init__(self, running: Mapping[str, int]) -> None:
        """`running`: calls of each caller that have begun; callers without any may be missing."""
        self._running = running
        self._by_caller: dict[str, deque[Turn]] = {}
        self._rotation: deque[str] = deque()
        self.count = 0

    def add(self, turn: Turn) -> None:
        own = self._by_caller.get(turn.caller)
        if own is None:
            own = self._by_caller[turn.caller] = deque()
            self._rotation.append(turn.caller)
        own.append(turn)
        self.count += 1

    def pop(self) -> Turn:
        """Take out the next turn.

        Raises:
            IndexError: nobody waits.
        """
        if not self._rotation:
            raise IndexError("nobody waits")
        caller = min(self._rotation, key=lambda name: self._running.get(name, 0))
        self._rotation.remove(caller)
        own = self._by_caller[caller]
        turn = own.popleft()
        self.count -= 1
        if own:
            self._rotation.append(caller)
        else:
            del self._by_caller[caller]
        return turn

    def discard(self, turn: Turn) -> None:
        """Take out a turn whose caller gave up, if it is still here."""
        own = self._by_caller.get(turn.caller)
        if own is None or turn not in own:
            return
        own.remove(turn)
        self.count -= 1
        if not own:
            del self._by_caller[turn.caller]
            self._rotation.remove(turn.caller)

    def has(self, caller: str) -> bool:
        """Whether a call of `caller` waits."""
        return caller in self._by_caller

    def calls_of(self, caller: str) -> int:
        """How many calls of `caller` run and wait."""
        return self._running.get(caller, 0) + len(self._by_caller.get(caller, ()))

    def callers_beside(self, caller: str) -> int:
        """How many others have calls that run or wait."""
        return len({*self._running, *self._by_caller} - {caller})

    def ahead_of(self, caller: str) -> int:
        """How many turns, at most, would be taken before a new one of `caller`, if none that runs
        ends meanwhile."""
        waiting = len(self._by_caller.get(caller, ()))
        level = self._running.get(caller, 0) + waiting + 1
        return waiting + sum(
            min(len(own), max(0, level - self._running.get(name, 0)))
            for name, own in self._by_caller.items()
            if name != caller
        )
