"""Brings ranked lists that come over the bus to the calls that wait for them.

Lists nobody waits for any more are handed on with what they were wanted for, so that a viewer who
got something else in the meantime finds them stored.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from serving.contracts.rank import RankedList

MAX_GIVEN_UP = 10_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a new list was asked for.

    Attributes:
        feed_id: The feed it becomes.
        context: See `FeedRequest.context`.
        scroll_started_ms: See `StoredFeed`.
    """

    viewer_id: int
    request_id: str
    feed_id: str
    context: str
    scroll_started_ms: int

    @property
    def key(self) -> tuple[int, str]:
        return self.viewer_id, self.request_id


Arrival = asyncio.Future[RankedList]


class AwaitedLists:
    """The calls of this process that wait for a list. Belongs to one event loop."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[int, str], list[tuple[Wanted, Arrival]]] = {}
        self._given_up: OrderedDict[tuple[int, str], Wanted] = OrderedDict()

    @contextmanager
    def expect(self, wanted: Wanted) -> Iterator[Arrival]:
        """A future of the list, to be asked for inside only.

        Whoever gets the list in another way sets it, or it is handed on when it comes.
        """
        arrival: Arrival = asyncio.get_running_loop().create_future()
        entry = (wanted, arrival)
        self._waiting.setdefault(wanted.key, []).append(entry)
        try:
            yield arrival
        finally:
            waiting = self._waiting[wanted.key]
            waiting.remove(entry)
            if not waiting:
                del self._waiting[wanted.key]
            if not arrival.done():
                arrival.cancel()
                self._give_up(wanted)

    def deliver(self, ranked: RankedList) -> Wanted | None:
        """Give a list to those who wait for it; what it was wanted for if they gave up."""
        key = (ranked.viewer_id, ranked.request_id)
        for _, arrival in self._waiting.get(key, ()):
            if not arrival.done():
                arrival.set_result(ranked)
        late = self._given_up.pop(key, None)
        return None if key in self._waiting else late

    def _give_up(self, wanted: Wanted) -> None:
        self._given_up[wanted.key] = wanted
        if len(self._given_up) > MAX_GIVEN_UP:
            self._given_up.popitem(last=False)
