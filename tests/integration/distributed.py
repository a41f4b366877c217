"""The distributed feedrank as `feedrank up` runs it, with handles to kill and start it again."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from feedrank.real.kafka_process import missing_for_kafka
from feedrank.real.ports import free_ports_in_a_row
from feedrank.real.redis_process import missing_for_redis
from feedrank.real.server_process import ServerProcess
from feedrank.stack import Stack, StackSettings, stack
from tests.integration.small_world import SHARD_COUNT
from tests.real.fixtures import require


@dataclass(frozen=True, slots=True)
class Distributed:
    """Kafka, Redis and all services, those that are called before their callers."""

    stack: Stack

    @property
    def processes(self) -> list[ServerProcess]:
        """Kafka and Redis come first."""
        return [*self.stack.stores, *self.stack.services]

    @property
    def address(self) -> str:
        """Of `GetFeed`; of all replicas where there are several."""
        edges = [process.address for process in self.stack.edges]
        return edges[0] if len(edges) == 1 else f"ipv4:{','.join(edges)}"

    @property
    def services(self) -> list[ServerProcess]:
        """Our own processes."""
        return self.stack.services

    def named(self, name: str) -> ServerProcess:
        return next(process for process in self.processes if process.name == name)

    def start(self) -> None:
        """The stores first; ours may come in any order, so all at once."""
        for store in self.stack.stores:
            store.start()
        with ThreadPoolExecutor() as pool:
            list(pool.map(ServerProcess.start, self.services))

    def kill(self) -> None:
        """All at once, as a power cut would."""
        for process in self.processes:
            process.kill()

    def stop(self) -> None:
        """Ours all at once, as nobody calls any more; then the stores."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(ServerProcess.stop, self.services))
        for store in reversed(self.stack.stores):
            store.stop()


@contextmanager
def run_distributed(
    generations: Path, home: Path, *, replicas: int = 1, **variables: str
) -> Iterator[Distributed]:
    """Running, with Kafka and Redis of its own. Skips the test where one is not installed."""
    require(missing_for_kafka() or missing_for_redis())
    settings = StackSettings(
        generations,
        home,
        free_ports_in_a_row(replicas),
        SHARD_COUNT,
        metrics=True,
        variables=variables,
        replicas=replicas,
    )
    running = Distributed(stack(settings))
    try:
        running.start()
        yield running
    finally:
        running.stop()
