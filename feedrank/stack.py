"""Which processes make up a distributed feedrank on one machine, and how each is set up."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from feedrank.real.kafka_process import KafkaProcess, missing_for_kafka
from feedrank.real.ports import free_ports
from feedrank.real.redis_process import RedisProcess, missing_for_redis
from feedrank.real.server_process import ServerProcess
from feedrank.running_stack import RunningProcess, RunningStack
from feedrank.service_process import ServiceProcess

EDGE = "feed_assembly"


class MissingComponentError(Exception):
    """Kafka or Redis cannot be started here; the message says what to do."""


@dataclass(frozen=True, slots=True)
class StackSettings:
    """One stack.

    Attributes:
        bus, state: Addresses of a Kafka and a Redis; `None` starts one below `home`.
        port: Of feed_assembly, its replicas have those that follow; the other services get free
            ports on loopback.
        metrics: Whether every service also opens a Prometheus port.
        variables: Further FEEDRANK_… variables, for all services or, with its prefix, for one.
        replicas: Processes of every service, and of every shard.
    """

    generations: Path
    home: Path
    port: int
    shard_count: int
    bus: str | None = None
    state: str | None = None
    metrics: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    replicas: int = 1


@dataclass(frozen=True, slots=True)
class Stack:
    """Kafka and Redis as far as they are started here, and our services.

    Those that are called come before their callers, replicas side by side. A service that is there
    once has its own name, `ranker`; replicas are `ranker.0`, `ranker.1`.

    Attributes:
        running: Where our services are, for who looks at them.
    """

    stores: list[ServerProcess]
    services: list[ServerProcess]
    running: RunningStack = field(default_factory=lambda: RunningStack([]))

    @property
    def edges(self) -> list[ServerProcess]:
        """Those that callers call; they come last."""
        return [service for service in self.services if service.name.startswith(EDGE)]


def stack(settings: StackSettings) -> Stack:
    """All processes, none of them started.

    Raises:
        MissingComponentError: Kafka or Redis is to be started but is not installed.
    """
    stores, bus, state = _stores(settings)
    services = _Services(settings, bus, state)
    return Stack(stores, services.all(), RunningStack(services.running, bus, state))


class _Services:
    """Our own processes, each told where to find those that it calls."""

    def __init__(self, settings: StackSettings, bus: str, state: str) -> None:
        self._settings = settings
        self.running: list[RunningProcess] = []
        self._shared = {
            **settings.variables,
            "FEEDRANK_GENERATIONS": str(settings.generations.absolute()),
            "FEEDRANK_HOME": str(settings.home.absolute()),
            "FEEDRANK_BUS": bus,
            "FEEDRANK_STATE": state,
        }
        # Ports of metrics are kept over restarts, so that whoever scrapes finds them again.
        behind_the_edge = (3 + settings.shard_count) * settings.replicas
        scraped = behind_the_edge + settings.replicas if settings.metrics else 0
        ports = free_ports(behind_the_edge + scraped)
        self._ports = iter(ports[:behind_the_edge])
        self._metrics_ports = iter(ports[behind_the_edge:])

    def all(self) -> list[ServerProcess]:
        replicas = range(self._settings.replicas)
        ranker = [self._service("ranker", r) for r in replicas]
        graph = [self._service("social_graph", r, home=self._graph_home(r)) for r in replicas]
        shards = [[self._shard(n, r) for r in replicas] for n in range(self._settings.shard_count)]
        candidate_gen = [
            self._service(
                "candidate_gen",
                r,
                shard_addresses=json.dumps([_address(group) for group in shards]),
                graph_address=_address(graph),
                ranker_address=_address(ranker),
                **self._place(r),
            )
            for r in replicas
        ]
        feed_assembly = [
            self._service(
                EDGE,
                r,
                port=str(self._settings.port + r),
                candidate_address=_address(candidate_gen),
                **self._place(r),
            )
            for r in replicas
        ]
        every_shard = [shard for group in shards for shard in group]
        return [*ranker, *graph, *every_shard, *candidate_gen, *feed_assembly]

    def _shard(self, number: int, replica: int) -> ServiceProcess:
        # One process of all counts actions for all shards.
        counts = "true" if number == replica == 0 else "false"
        name = f"ann_shards-{number}"
        return self._service(name, replica, shards=json.dumps([number]), aggregate_counters=counts)

    def _service(self, name: str, number: int, **own: str) -> ServiceProcess:
        module, _, _ = name.partition("-")
        port = int(own.pop("port", 0)) or next(self._ports)
        metrics_port = next(self._metrics_ports, None)
        if metrics_port is not None:
            own["metrics_port"] = str(metrics_port)
        service = name
        if self._settings.replicas > 1:
            name = f"{name}.{number}"
        variables = {f"FEEDRANK_{module.upper()}__{key.upper()}": v for key, v in own.items()}
        logs = self._settings.home / "logs"
        process = ServiceProcess(name, f"{module}.main", logs, port, {**self._shared, **variables})
        metrics = "" if metrics_port is None else f"127.0.0.1:{metrics_port}"
        self.running.append(RunningProcess(name, service, process.address, metrics))
        return process

    def _place(self, replica: int) -> dict[str, str]:
        """Which partitions it owns."""
        return {"replica": str(replica), "replicas": str(self._settings.replicas)}

    def _graph_home(self, replica: int) -> str:
        """Its overlay has one owner; the first replica keeps that of a stack without replicas."""
        home = self._settings.home.absolute()
        return str(home if replica == 0 else home / f"replica-{replica}")


def _address(replicas: list[ServiceProcess]) -> str:
    """Of all replicas of a service, as `serving.replicas.addresses` reads it."""
    return ",".join(replica.address for replica in replicas)


def _stores(settings: StackSettings) -> tuple[list[ServerProcess], str, str]:
    """Kafka and Redis as far as they are started here, and the addresses of both."""
    started: list[ServerProcess] = []
    kafka_port, controller_port, redis_port = _remembered_ports(settings.home)
    bus, state = settings.bus, settings.state
    if bus is None:
        _require(missing_for_kafka(), "--bus kafka://HOST:PORT")
        kafka = KafkaProcess(settings.home / "kafka", kafka_port, controller_port)
        started.append(kafka)
        bus = kafka.address
    if state is None:
        _require(missing_for_redis(), "--state redis://HOST:PORT/0")
        redis = RedisProcess(settings.home / "redis", redis_port)
        started.append(redis)
        state = redis.address
    return started, bus, state


def _remembered_ports(home: Path) -> list[int]:
    """Kafka keeps its own address in its metadata, so it must come back on the same ports."""
    path = home / "store_ports.json"
    if path.exists():
        ports: list[int] = json.loads(path.read_text())
        return ports
    home.mkdir(parents=True, exist_ok=True)
    ports = free_ports(3)
    path.write_text(json.dumps(ports))
    return ports


def _require(missing: str | None, instead: str) -> None:
    if missing is not None:
        raise MissingComponentError(f"{missing}; or name a running one with {instead}")
