"""Takes replicas that fail or are far slower out of service, and lets them back after a trial.

At most half of the replicas are out: when more look sick, the cause is elsewhere, and fewer
replicas would make it worse.
"""

import asyncio

import structlog

from serving.metrics import EJECTED_REPLICAS, EJECTIONS
from serving.metrics_recorder import Metrics
from serving.replicas.latency_digest import RENEWED_EVERY, SIZE
from serving.replicas.peers import Peers
from serving.replicas.replica import Replica
from serving.replicas.standing import Outcome, State
from serving.timers import Timer, Timers

SLOW_RENEWALS = SIZE // RENEWED_EVERY + 1
"""A p95 must be too high for so long that no single bad moment is remembered in it any more."""

PROBE_TIMEOUT_S = 1.0

log = structlog.get_logger()


class Ejector:
    """Belongs to one replica set.

    Attributes:
        on_trial: Replicas that get few calls until these went well.
    """

    def __init__(self, name: str, peers: Peers, metrics: Metrics, clock: Timers) -> None:
        self.on_trial: list[Replica] = []
        self._name = name
        self._peers = peers
        self._metrics = metrics
        self._clock = clock
        self._timers: dict[Replica, Timer] = {}
        self._probes: set[asyncio.Task[None]] = set()

    def judge(self, replica: Replica, outcome: Outcome, *, renewed: bool) -> None:
        """Act upon a call that says something about the replica.

        Args:
            renewed: Whether its p95 is a new one.
        """
        standing, peers = replica.standing, self._peers
        if standing.state is State.ON_TRIAL:
            self._judge_trial(replica, outcome)
        elif standing.state is State.IN_SERVICE:
            if standing.is_failing(self._clock.time()) and peers.fails_most(replica):
                self._eject(replica, "failing")
            elif renewed:
                slow = peers.is_far_slower(replica.latency.p95_s)
                standing.slow_renewals = standing.slow_renewals + 1 if slow else 0
                if standing.slow_renewals >= SLOW_RENEWALS:
                    self._eject(replica, "slow")

    def forget(self, replica: Replica) -> None:
        """Stop looking after a replica that is gone."""
        if replica in self.on_trial:
            self.on_trial.remove(replica)
        if timer := self._timers.pop(replica, None):
            timer.cancel()
        self.tell_share()

    def tell_share(self) -> None:
        """To be called when a replica has come or gone, too."""
        self._metrics.gauge(EJECTED_REPLICAS, self._name).set(self._peers.share_out())

    def close(self) -> None:
        for probe in self._probes:
            probe.cancel()

    def _judge_trial(self, replica: Replica, outcome: Outcome) -> None:
        if outcome is not Outcome.GOOD:
            self.on_trial.remove(replica)
            self._put_out(replica, "trial")
        elif replica.standing.passed(self._clock.time()):
            self.on_trial.remove(replica)
            self.tell_share()
            log.info("replica is back", neighbour=self._name, address=replica.transport.address)

    def _eject(self, replica: Replica, cause: str) -> None:
        if self._peers.may_eject():
            self._put_out(replica, cause)

    def _put_out(self, replica: Replica, cause: str) -> None:
        seconds = replica.standing.eject(self._clock.time())
        self._metrics.counter(EJECTIONS, self._name, str(replica.index), cause).inc()
        self.tell_share()
        log.warning(
            "replica is ejected",
            neighbour=self._name,
            address=replica.transport.address,
            cause=cause,
            seconds=seconds,
        )
        self._timers[replica] = self._clock.call_later(seconds, self._begin_probe, replica)

    def _begin_probe(self, replica: Replica) -> None:
        del self._timers[replica]
        probe = asyncio.ensure_future(self._probe(replica))
        self._probes.add(probe)
        probe.add_done_callback(self._probes.discard)

    async def _probe(self, replica: Replica) -> None:
        """Trust nobody with a request of ours who does not even tell its health."""
        alive = await replica.transport.is_alive(PROBE_TIMEOUT_S)
        if replica not in self._peers.all:
            return
        if not alive:
            self._put_out(replica, "trial")
            return
        replica.latency.forget()
        self._peers.learn_usual()
        replica.standing.begin_trial()
        self.on_trial.append(replica)
