"""What health checks are told: a service is ready when it is loaded, and while its loop moves.

`LIVE` is apart: it says only that the process answers at all, so that whoever restarts processes
that do not answer never restarts one for being not ready.
"""

import asyncio
from collections.abc import Sequence

from grpc_health.v1 import health, health_pb2

LIVE = "feedrank.live"
"""For liveness probes: SERVING from the first answer until the server drains."""

WHOLE_SERVER = ""
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVING = health_pb2.HealthCheckResponse.SERVING


class Readiness:
    """The health of one server's services. Belongs to its event loop."""

    def __init__(self) -> None:
        self.servicer = health.aio.HealthServicer()
        self._names: Sequence[str] = ()
        self._ready: set[str] = set()
        self._is_withdrawn = False
        self._is_shut_down = False
        self._changes: set[asyncio.Task[None]] = set()

    async def start(self, names: Sequence[str]) -> None:
        """Alive, with every service not ready yet."""
        self._names = names
        await self.servicer.set(LIVE, SERVING)
        await self._publish()

    async def mark(self, name: str) -> None:
        """A service is loaded and warm; the server as a whole once all are.

        Raises:
            ValueError: `name` was not given to `start`.
        """
        if name not in self._names:
            raise ValueError(f"{name} is not served here, only {', '.join(self._names)}")
        self._ready.add(name)
        await self._publish()

    def withdraw(self) -> None:
        """Nothing is ready for now, whatever is loaded."""
        self._is_withdrawn = True
        self._publish_soon()

    def restore(self) -> None:
        """Ready again is what was ready before `withdraw`."""
        self._is_withdrawn = False
        self._publish_soon()

    @property
    def is_ready(self) -> bool:
        """Whether the server as a whole reports SERVING; may be asked in any thread."""
        return not self._is_shut_down and not self._is_withdrawn and self._is_whole

    @property
    def _is_whole(self) -> bool:
        return bool(self._names) and self._ready.issuperset(self._names)

    async def shut_down(self) -> None:
        """Not ready, not alive, for good."""
        self._is_shut_down = True
        await self.servicer.enter_graceful_shutdown()

    async def _publish(self) -> None:
        ready = set() if self._is_withdrawn else self._ready
        for name in self._names:
            await self.servicer.set(name, SERVING if name in ready else NOT_SERVING)
        await self.servicer.set(WHOLE_SERVER, SERVING if self.is_ready else NOT_SERVING)

    def _publish_soon(self) -> None:
        task = asyncio.create_task(self._publish())
        self._changes.add(task)
        task.add_done_callback(self._changes.discard)
