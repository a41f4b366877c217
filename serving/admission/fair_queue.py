"""Who is next: callers in rotation, the calls of each in the order they came."""

from collections import deque

from serving.admission.turn import Turn


class FairQueue:
    """Turns that wait. A caller with many waiting calls delays others by one call each round."""

    def __init__(self) -> None:
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
        caller = self._rotation.popleft()
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

    def ahead_of(self, caller: str) -> int:
        """How many turns would be taken before a new one of `caller`."""
        waiting = len(self._by_caller.get(caller, ()))
        others = (own for name, own in self._by_caller.items() if name != caller)
        return waiting + sum(min(len(own), waiting + 1) for own in others)
