"""Who is next: the caller with the fewest calls running, in rotation among equals."""

from collections import deque
from collections.abc import Mapping

from serving.admission.turn import Turn


class FairQueue:
    """Turns that wait. The calls of one caller keep their order, and many of them delay another
    caller by as many as it has itself."""

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

    def is_the_busiest(self, caller: str) -> bool:
        """Whether nobody else has more calls here, running and waiting together."""
        own = self._calls_of(caller)
        others = {*self._running, *self._by_caller}
        return all(self._calls_of(name) <= own for name in others)

    def ahead_of(self, caller: str) -> int:
        """Turns taken before a new one of `caller`, if all had as many running."""
        waiting = len(self._by_caller.get(caller, ()))
        others = (own for name, own in self._by_caller.items() if name != caller)
        return waiting + sum(min(len(own), waiting + 1) for own in others)

    def _calls_of(self, caller: str) -> int:
        return self._running.get(caller, 0) + len(self._by_caller.get(caller, ()))
