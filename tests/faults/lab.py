"""The real processes that faults are injected into: started once, made whole before each fault."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import grpc

from feedrank.real.server_process import ServerProcess
from feedrank.supervisor import Supervisor
from tests.faults.effects import lost_and_double
from tests.faults.seen import Seen
from tests.faults.supervised import Supervised, run_supervised
from tests.faults.watch import Actor, Watch, acting, watching
from tests.integration.distributed import Distributed, run_distributed
from tests.integration.embedded_process import EmbeddedProcess
from tests.integration.secured import Secured, run_secured
from tests.integration.small_world import SmallWorld

WHOLE_S = 60.0
EDGE_BY_CERTIFICATE = {"FEEDRANK_FEED_ASSEMBLY__TLS_MUTUAL": "true"}


class Lab:
    """What a row of the matrix works with. Blocking, used from one thread.

    Attributes:
        world: The data and the generation that is served; never changed.
        folder: For whatever a fault needs; everything below it is thrown away in the end.
        deadline_s: What callers give `GetFeed`. Generous where other work shares the machine.
        slowness: Factor for every other bound in seconds; 1 on a machine of one's own.
        last_watch: What the latest prober saw, for the table of a fault that failed.
    """

    def __init__(
        self, world: SmallWorld, folder: Path, deadline_s: float, slowness: float = 1.0
    ) -> None:
        self.world = world
        self.folder = folder
        self.deadline_s = deadline_s
        self.slowness = slowness
        self.last_watch: Watch | None = None
        self._open = ExitStack()
        self._distributed: Distributed | None = None
        self._embedded: EmbeddedProcess | None = None
        self._secured: Secured | None = None
        self._homes = 0

    def close(self) -> None:
        """Stop everything."""
        self._open.close()

    def distributed(self) -> Distributed:
        """The shared stack of real processes, all of them up and full feeds coming.

        Break it at will; the next fault finds it whole again.
        """
        if self._distributed is None:
            context = run_distributed(self.world.generations, self.new_home())
            self._distributed = self._open.enter_context(context)
        for process in self._distributed.processes:
            make_whole(process)
        self._wait_for_full(self._distributed.address)
        return self._distributed

    def embedded(self) -> EmbeddedProcess:
        """The shared embedded server, likewise."""
        if self._embedded is None:
            self._embedded = EmbeddedProcess(self.world.generations, self.new_home() / "home")
            self._open.callback(self._embedded.stop)
        make_whole(self._embedded)
        self._wait_for_full(self._embedded.address)
        return self._embedded

    def secured(self) -> Secured:
        """A shared stack under mutual TLS, likewise."""
        if self._secured is None:
            # Both ways to say who calls are open at the edge: a certificate, and a token.
            context = run_secured(self.world.generations, self.new_home(), **EDGE_BY_CERTIFICATE)
            self._secured = self._open.enter_context(context)
        for process in self._secured.ring.processes:
            make_whole(process)
        self._wait_for_full(self._secured.ring.address, self._secured.gateway)
        return self._secured

    def own_distributed(
        self, replicas: int = 1, **variables: str
    ) -> AbstractContextManager[Distributed]:
        """A stack of one fault alone, for settings or replicas of its own. Takes its time."""
        home = self.new_home()
        return run_distributed(self.world.generations, home, replicas=replicas, **variables)

    def supervised(
        self, replicas: int = 1, generations: Path | None = None
    ) -> AbstractContextManager[tuple[Supervised, Supervisor]]:
        """A stack of one fault alone, kept running as `feedrank up` does.

        Args:
            generations: Those of the world without.
        """
        return run_supervised(generations or self.world.generations, self.new_home(), replicas)

    def new_home(self) -> Path:
        """A fresh folder."""
        self._homes += 1
        home = self.folder / f"home-{self._homes}"
        home.mkdir(parents=True)
        return home

    @contextmanager
    def watching(
        self,
        address: str,
        deadline_s: float | None = None,
        credentials: grpc.ChannelCredentials | None = None,
    ) -> Iterator[Watch]:
        """Ask the edge for feeds while the body runs; in plain text without credentials."""
        with watching(address, deadline_s or self.deadline_s, credentials) as watch:
            self.last_watch = watch
            yield watch

    def acting(self, address: str) -> AbstractContextManager[Actor]:
        """Log actions while the body runs; ask `effects` about them afterwards."""
        item_ids = [row["item_id"] for row in self.world.rows("items")]
        return acting(address, item_ids, self.deadline_s)  # type: ignore[arg-type]

    def effects(self, state: str, actor: Actor) -> dict[str, int]:
        """`lost` and `double`, two fields of `Seen`, once what was acknowledged is applied."""
        return lost_and_double(self.world.generations, state, actor)

    def within_deadline(self, seen: Seen) -> bool:
        """Whether every answer came, and in time."""
        return not seen.errors and seen.worst_latency_ms <= self.deadline_s * 1e3

    def _wait_for_full(
        self, address: str, credentials: grpc.ChannelCredentials | None = None
    ) -> None:
        with watching(address, self.deadline_s, credentials) as watch:
            watch.wait_for_full(in_a_row=3, patience_s=WHOLE_S)


def make_whole(process: ServerProcess) -> None:
    """Running, whatever was done to it."""
    if process.is_running:
        process.resume()
    else:
        process.start()


def wait_until_gone(process: ServerProcess, patience_s: float = 30.0) -> None:
    """Return once it ended by itself.

    Raises:
        TimeoutError: it goes on.
    """
    give_up_s = time.monotonic() + patience_s
    while process.is_running:
        if time.monotonic() > give_up_s:
            raise TimeoutError(f"{process.name} still runs after {patience_s:.0f} s")
        time.sleep(0.05)
