"""Chooses which replica a call goes to, and takes those that fail or are slow out of service.

Of two replicas drawn at random the one with fewer calls in flight is asked: as good as looking at
all of them, and no crowd runs to the same one. At most half of the replicas are ejected: when more
look sick, the cause is elsewhere, and fewer replicas would make it worse.
"""

import asyncio
import random
from collections.abc import Sequence

import structlog

from serving.errors import DependencyError
from serving.metrics import EJECTED_REPLICAS, EJECTIONS
from serving.metrics_recorder import Metrics
from serving.replicas.extra_call_budget import ExtraCallBudget
from serving.replicas.replica import Replica
from serving.replicas.standing import FAILURES_IN_ROW, Outcome, State
from serving.replicas.transport import Transport
from serving.timers import Timer, Timers

OUTLIER_FACTOR, OUTLIER_S = 3.0, 0.01
"""A replica is slow whose p95 is above so many times that of the others, and so much more."""

CALLS_PER_TRIAL = 20
"""One of so many calls goes to a replica on trial, never two at the same time."""

PROBE_TIMEOUT_S = 1.0

CONNECTING_POLL_S = 0.002
"""At start, or when all replicas are away; no notice comes when one of several has connected."""

log = structlog.get_logger()


class ReplicaSet:
    """All replicas of one neighbour. Belongs to one event loop."""

    def __init__(
        self,
        name: str,
        metrics: Metrics,
        budget: ExtraCallBudget,
        clock: Timers,
        dice: random.Random | None = None,
    ) -> None:
        """Args:
        name: Of the neighbour, for metrics and logs, for example `ann_shards-0`.
        """
        self.name = name
        self.metrics = metrics
        self.budget = budget
        self.clock = clock
        self._replicas: list[Replica] = []
        self._dice = dice or random.Random()
        self._on_trial: list[Replica] = []
        self._until_trial = CALLS_PER_TRIAL
        self._timers: dict[Replica, Timer] = {}
        self._probes: set[asyncio.Task[None]] = set()

    @property
    def replicas(self) -> Sequence[Replica]:
        return self._replicas

    def add(self, transport: Transport) -> None:
        """Take one more replica in."""
        taken = {replica.index for replica in self._replicas}
        index = next(number for number in range(len(taken) + 1) if number not in taken)
        self._replicas.append(Replica(index, transport))

    def remove(self, replica: Replica) -> None:
        """Leave a replica out from now on; its connection is the caller's to close."""
        self._replicas.remove(replica)
        self._forget_ejection(replica)

    def choose(self, but: Sequence[Replica] = ()) -> Replica | None:
        """The replica to ask next, none of `but`; `None` when no other one is connected.

        With `but`, that is for an extra call, only replicas in service are chosen.
        """
        if self._on_trial and not but:
            chosen = self._trial()
            if chosen is not None:
                return chosen
        replicas = self._replicas
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
        while not self._replicas or any(r.transport.is_connecting() for r in self._replicas):
            if self.clock.time() >= until_s:
                break
            await asyncio.sleep(CONNECTING_POLL_S)
            if replica := self.choose():
                return replica
        if not self._replicas:
            raise DependencyError(f"{self.name}: its name has led to no address yet")
        return self._dice.choice(self._replicas)

    def hedge_after_s(self) -> float | None:
        """After how long a call is slow: the p95 that half of the replicas keep."""
        if len(self._replicas) < 2:
            return None
        return _lower_median([replica.latency.p95_s for replica in self._replicas])

    def note(self, replica: Replica, outcome: Outcome, took_s: float) -> None:
        """Remember how a call ended, and act upon it."""
        renewed = outcome is not Outcome.NEUTRAL and replica.latency.add(took_s)
        standing = replica.standing
        standing.note(outcome)
        if standing.state is State.ON_TRIAL:
            self._judge_trial(replica, outcome, took_s)
        elif standing.state is State.IN_SERVICE and outcome is not Outcome.NEUTRAL:
            if standing.failures_in_row >= FAILURES_IN_ROW and self._fails_more_than_others(
                replica
            ):
                self._eject(replica, "failing")
            elif renewed and self._is_slow(replica, replica.latency.p95_s):
                self._eject(replica, "slow")

    def close(self) -> None:
        """Stop looking after the replicas; their connections are closed by who opened them."""
        for replica in list(self._replicas):
            self.remove(replica)
        for probe in self._probes:
            probe.cancel()

    def _trial(self) -> Replica | None:
        self._until_trial -= 1
        if self._until_trial > 0:
            return None
        self._until_trial = CALLS_PER_TRIAL
        ready = (r for r in self._on_trial if not r.in_flight and r.transport.is_ready())
        return next(ready, None)

    def _last_resort(self) -> Replica | None:
        """A replica that is known to be sick may still answer, one without a connection cannot."""
        ready = [replica for replica in self._replicas if replica.transport.is_ready()]
        return self._dice.choice(ready) if ready else None

    def _others(self, replica: Replica) -> list[Replica]:
        return [
            other
            for other in self._replicas
            if other is not replica and other.standing.state is State.IN_SERVICE
        ]

    def _fails_more_than_others(self, replica: Replica) -> bool:
        shares = [other.standing.failure_share for other in self._others(replica)]
        usual = _lower_median(shares)
        return usual is not None and replica.standing.failure_share > 2 * usual + 0.1

    def _is_slow(self, replica: Replica, latency_s: float | None) -> bool:
        usual_s = _lower_median([other.latency.p95_s for other in self._others(replica)])
        if usual_s is None or latency_s is None:
            return False
        return latency_s > OUTLIER_FACTOR * usual_s + OUTLIER_S

    def _judge_trial(self, replica: Replica, outcome: Outcome, took_s: float) -> None:
        if outcome is Outcome.NEUTRAL:
            return
        if outcome is not Outcome.GOOD or self._is_slow(replica, took_s):
            self._on_trial.remove(replica)
            self._put_out(replica, "trial")
        elif replica.standing.passed(self.clock.time()):
            self._on_trial.remove(replica)
            self._tell_ejected()
            log.info("replica is back", neighbour=self.name, address=replica.transport.address)

    def _eject(self, replica: Replica, cause: str) -> None:
        out = sum(r.standing.state is not State.IN_SERVICE for r in self._replicas)
        if out + 1 <= len(self._replicas) // 2:
            self._put_out(replica, cause)

    def _put_out(self, replica: Replica, cause: str) -> None:
        seconds = replica.standing.eject(self.clock.time())
        self.metrics.counter(EJECTIONS, self.name, str(replica.index), cause).inc()
        self._tell_ejected()
        log.warning(
            "replica is ejected",
            neighbour=self.name,
            address=replica.transport.address,
            cause=cause,
            seconds=seconds,
        )
        self._timers[replica] = self.clock.call_later(seconds, self._begin_probe, replica)

    def _begin_probe(self, replica: Replica) -> None:
        del self._timers[replica]
        probe = asyncio.ensure_future(self._probe(replica))
        self._probes.add(probe)
        probe.add_done_callback(self._probes.discard)

    async def _probe(self, replica: Replica) -> None:
        """Trust nobody with a request of ours who does not even tell its health."""
        alive = await replica.transport.is_alive(PROBE_TIMEOUT_S)
        if replica not in self._replicas:
            return
        if not alive:
            self._put_out(replica, "trial")
            return
        replica.latency.forget()
        replica.standing.begin_trial()
        self._on_trial.append(replica)

    def _forget_ejection(self, replica: Replica) -> None:
        if replica in self._on_trial:
            self._on_trial.remove(replica)
        if timer := self._timers.pop(replica, None):
            timer.cancel()

    def _tell_ejected(self) -> None:
        out = sum(r.standing.state is not State.IN_SERVICE for r in self._replicas)
        self.metrics.gauge(EJECTED_REPLICAS, self.name).set(out / len(self._replicas))


def _lower_median(values: Sequence[float | None]) -> float | None:
    known = sorted(value for value in values if value is not None)
    return known[(len(known) - 1) // 2] if known else None
