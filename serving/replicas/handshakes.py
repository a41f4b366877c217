"""Says in words why a replica that is there cannot be called.

To gRPC every mistake in TLS is a server that is away: it tries again, once a second, and says
nothing. So what stays away is called once more from here, by the standard library, which knows.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from serving.metrics import TLS_BROKEN
from serving.replicas.replica import Replica
from serving.replicas.replica_set import ReplicaSet
from serving.tls_probe import is_away

LOOK_S = 5.0
"""Also how long a replica must have been away: a restart is nothing to look into."""

Problem = Callable[[str], Awaitable[str | None]]
"""What is wrong with the connection to `host:port`, in one line; `None` if nothing is."""
log = structlog.get_logger()


class Handshakes:
    """What is known of the connections to one neighbour."""

    def __init__(self, replicas: ReplicaSet, problem: Problem) -> None:
        self._replicas = replicas
        self._problem = problem
        self._away: set[Replica] = set()
        self._broken: dict[Replica, str] = {}
        self._share = replicas.metrics.gauge(TLS_BROKEN, replicas.name)

    async def look(self) -> None:
        """Probe those that are not connected, and were not at the look before either."""
        replicas = tuple(self._replicas.replicas)
        away = {replica for replica in replicas if not replica.transport.is_ready()}
        for replica in replicas:
            problem = None
            if replica in away & self._away:
                problem = await self._problem(replica.transport.address)
            self._note(replica, problem)
        self._away = away
        self._broken = {r: why for r, why in self._broken.items() if r in self._replicas.replicas}
        self._share.set(len(self._broken) / max(1, len(replicas)))

    def _note(self, replica: Replica, problem: str | None) -> None:
        """Each problem is logged once, and its end."""
        if problem == self._broken.get(replica):
            return
        if problem is not None and is_away(problem):
            self._broken.pop(replica, None)
            return
        place = {"neighbour": self._replicas.name, "address": replica.transport.address}
        if problem is None:
            del self._broken[replica]
            log.info("neighbour can be called over TLS again", **place)
        else:
            self._broken[replica] = problem
            log.error("neighbour cannot be called over TLS", cause=problem, **place)


async def watch_handshakes(replicas: ReplicaSet, problem: Problem) -> None:
    """Look until cancelled."""
    handshakes = Handshakes(replicas, problem)
    while True:
        await asyncio.sleep(LOOK_S)
        await handshakes.look()
