"""The distributed feedrank as `feedrank up` runs it, with handles to kill and start it again."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from feedrank.real.kafka_process import missing_for_kafka
from feedrank.real.ports import free_ports
from feedrank.real.redis_process import missing_for_redis
from feedrank.real.server_process import ServerProcess
from feedrank.stack import StackSettings, stack
from tests.integration.small_world import SHARD_COUNT
from tests.real.fixtures import require

STORES = ("kafka", "redis")


@dataclass(frozen=True, slots=True)
class Distributed:
    """All processes, those that are called before their callers; Kafka and Redis come first."""

    processes: list[ServerProcess]

    @property
    def address(self) -> str:
        """Of `GetFeed`."""
        return self.named("feed_assembly").address

    @property
    def services(self) -> list[ServerProcess]:
        """Our own processes."""
        return [process for process in self.processes if process.name not in STORES]

    def named(self, name: str) -> ServerProcess:
        return next(process for process in self.processes if process.name == name)

    def start(self) -> None:
        """The stores first; ours may come in any order, so all at once."""
        for name in STORES:
            self.named(name).start()
        with ThreadPoolExecutor() as pool:
            list(pool.map(ServerProcess.start, self.services))

    def kill(self) -> None:
        """All at once, as a power cut would."""
        for process in self.processes:
            process.kill()

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.stop()


@contextmanager
def run_distributed(generations: Path, home: Path, **variables: str) -> Iterator[Distributed]:
    """Running, with Kafka and Redis of its own. Skips the test where one is not installed."""
    require(missing_for_kafka() or missing_for_redis())
    [port] = free_ports(1)
    settings = StackSettings(
        generations, home, port, SHARD_COUNT, metrics=True, variables=variables
    )
    running = Distributed(stack(settings))
    try:
        running.start()
        yield running
    finally:
        running.stop()
