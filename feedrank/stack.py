"""Which processes make up a distributed feedrank on one machine, and how each is set up."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from feedrank.real.kafka_process import KafkaProcess, missing_for_kafka
from feedrank.real.ports import free_ports
from feedrank.real.redis_process import RedisProcess, missing_for_redis
from feedrank.real.server_process import ServerProcess
from feedrank.service_process import ServiceProcess


class MissingComponentError(Exception):
    """Kafka or Redis cannot be started here; the message says what to do."""


@dataclass(frozen=True, slots=True)
class StackSettings:
    """One stack.

    Attributes:
        bus, state: Addresses of a Kafka and a Redis; `None` starts one below `home`.
        port: Of feed_assembly; the other services get free ports on loopback.
        metrics: Whether every service also opens a Prometheus port.
        variables: Further FEEDRANK_… variables, for all services or, with its prefix, for one.
    """

    generations: Path
    home: Path
    port: int
    shard_count: int
    bus: str | None = None
    state: str | None = None
    metrics: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)


def stack(settings: StackSettings) -> list[ServerProcess]:
    """All processes, those that are called before their callers.

    Raises:
        MissingComponentError: Kafka or Redis is to be started but is not installed.
    """
    stores, bus, state = _stores(settings)
    shared = {
        **settings.variables,
        "FEEDRANK_GENERATIONS": str(settings.generations.absolute()),
        "FEEDRANK_HOME": str(settings.home.absolute()),
        "FEEDRANK_BUS": bus,
        "FEEDRANK_STATE": state,
    }
    if settings.metrics:
        shared["FEEDRANK_METRICS_PORT"] = "0"

    def service(name: str, port: int, **own: str) -> ServiceProcess:
        folder = settings.home / "logs"
        module, _, _ = name.partition("-")
        variables = {f"FEEDRANK_{module.upper()}__{key.upper()}": v for key, v in own.items()}
        return ServiceProcess(name, f"{module}.main", folder, port, {**shared, **variables})

    ranker_port, graph_port, candidate_port, *shard_ports = free_ports(3 + settings.shard_count)
    ranker, graph = service("ranker", ranker_port), service("social_graph", graph_port)
    shards = [
        service(
            f"ann_shards-{number}",
            port,
            shards=json.dumps([number]),
            aggregate_counters="true" if number == 0 else "false",
        )
        for number, port in enumerate(shard_ports)
    ]
    candidate_gen = service(
        "candidate_gen",
        candidate_port,
        shard_addresses=json.dumps([shard.address for shard in shards]),
        graph_address=graph.address,
        ranker_address=ranker.address,
    )
    feed_assembly = service("feed_assembly", settings.port, candidate_address=candidate_gen.address)
    return [*stores, ranker, graph, *shards, candidate_gen, feed_assembly]


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
