"""Chooses which replica a call goes to.

Of two replicas drawn at random the one with fewer calls in flight is asked: as good as looking at
all of them, and no crowd runs to the same one.
"""

import asyncio
import random
from collections.abc import Sequence

from serving.errors import DependencyError
from serving.metrics_recorder import Metrics
from serving.replicas.ejector import Ejector
from serving.replicas.extra_call_budget import ExtraCallBudget
from serving.replicas.peers import Peers
from serving.replicas.replica import Replica
from serving.replicas.standing import Outcome
from serving.replicas.switching import HEDGING
from serving.replicas.transport import Transport
from serving.switches.switches import EVERYTHING_ON, SwitchBoard
from serving.timers import Timers

CALLS_PER_TRIAL = 20
"""One of so many calls goes to a replica on trial, never two at the same time."""

CONNECTING_POLL_S = 0.002
"""At start, or when all replicas are away; no notice comes when one of several has connected."""


class ReplicaSet:
    """All replicas of one neighbour. Belongs to one event loop."""

    def __init__(
        self,
        name: str,
        metrics: Metrics,
        budget: ExtraCallBudget,
        clock: Timers,
        dice: random.Random | None = None,
        switches: SwitchBoard = EVERYTHING_ON,
    ) -> None:
        """Args:
        name: Of the neighbour, for metrics and logs, for example `ann_shards-0`.
        """
        self.name = name
        self.metrics = metrics
        self.budget = budget
        self.clock = clock
        self._dice = dice or random.Random()
        self._switches = switches
        self._peers = Peers()
        self._ejector = Ejector(name, self._peers, metrics, clock)
        self._until_trial = CALLS_PER_TRIAL

    @property
    def replicas(self) -> Sequence[Replica]:
        return self._peers.all

    @property
    def may_hedge(self) -> bool:
        """Whether a slow call may be made once more."""
        return HEDGING.key not in self._switches.now.off

    def add(self, transport: Transport) -> None:
        """Take one more replica in."""
        taken = {replica.index for replica in self._peers.all}
        index = next(number for number in range(len(taken) + 1) if number not in taken)
        self._peers.all.append(Replica(index, transport))
        self._peers.learn_usual()
        self._ejector.tell_share()

    def remove(self, replica: Replica) -> None:
        """Leave a replica out from now on; its connection is the caller's to close, and what its
        calls under way come to says nothing any more."""
        self._peers.all.remove(replica)
        self._peers.learn_usual()
        self._ejector.forget(replica)

    def choose(self, but: Sequence[Replica] = ()) -> Replica | None:
        """The replica to ask next, none of `but`; `None` when no other one is connected.

        With `but`, that is for an extra call, only replicas in service are chosen.
        """
        if self._ejector.on_trial and not but:
            chosen = self._trial()
            if chosen is not None:
                return chosen
        replicas = self._peers.all
        count = len(replicas)
        if count > 1 and not but:
            first = int(self._dice.random() * count)
            second = (first + 1 + int(self._dice.random() * (count - 1))) % count
            one, other = replicas[first], replicas[second]
            if one.is_usable() and other.is_usable():
                return one if one.in_flight <= other.in_flight else other
        usable = [replica for replica in replicas if replica not in but and replica.is_usable()]
        if usable:
            return min(usable, key=lambda replica: replica.in_flight)
        return None if but else self._last_resort()

    async def wait_for_one(self, until_s: float) -> Replica:
        """One although none is connected: the first that will be, or one that refuses the call.

        Raises:
            DependencyError: the name has not led to any address until `until_s`.
        """
        replicas = self._peers.all
        while not replicas or any(r.transport.is_connecting() for r in replicas):
            if self.clock.time() >= until_s:
                break
            await asyncio.sleep(CONNECTING_POLL_S)
            if replica := self.choose():
                return replica
        if not replicas:
            raise DependencyError(f"{self.name}: its name has led to no address yet")
        return self._dice.choice(replicas)

    def slow_after_s(self, replica: Replica) -> float | None:
        """After how long a call to it is slow; `None` if unknown. See `Peers.slow_after_s`."""
        return self._peers.slow_after_s(replica)

    def far_slower_s(self) -> float | None:
        """After how long a call needs help; `None` if unknown."""
        return self._peers.far_slower_s

    def note(self, replica: Replica, outcome: Outcome, took_s: float) -> None:
        """Remember how a call ended, and act upon it."""
        if outcome is Outcome.NEUTRAL or replica not in self._peers.all:
            return
        # How quickly it fails is not how quick it is: compared with that, all others would be slow.
        renewed = outcome is not Outcome.FAILED and replica.latency.add(took_s)
        if renewed:
            self._peers.learn_usual()
        if outcome is Outcome.GOOD and self._peers.is_far_slower(took_s):
            outcome = Outcome.LATE
        replica.standing.note(outcome, self.clock.time())
        self._ejector.judge(replica, outcome, renewed=renewed)

    def close(self) -> None:
        """Stop looking after the replicas; their connections are closed by who opened them."""
        for replica in list(self._peers.all):
            self.remove(replica)
        self._ejector.close()

    def _trial(self) -> Replica | None:
        self._until_trial -= 1
        if self._until_trial > 0:
            return None
        self._until_trial = CALLS_PER_TRIAL
        ready = (r for r in self._ejector.on_trial if not r.in_flight and r.transport.is_ready())
        return next(ready, None)

    def _last_resort(self) -> Replica | None:
        """A replica that is known to be sick may still answer, one without a connection cannot."""
        ready = [replica for replica in self._peers.all if replica.transport.is_ready()]
        return self._dice.choice(ready) if ready else None
