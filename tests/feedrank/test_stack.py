"""What the processes of a stack are told of one another, without starting any."""

import json
from pathlib import Path

from feedrank.service_process import ServiceProcess
from feedrank.stack import StackSettings, stack

PORT = 50_100


def services(folder: Path, replicas: int) -> dict[str, ServiceProcess]:
    settings = StackSettings(
        folder / "generations",
        folder / "home",
        PORT,
        shard_count=2,
        bus="kafka://host:9092",
        state="redis://host:6379/0",
        replicas=replicas,
    )
    processes = stack(settings).services
    return {process.name: process for process in processes if isinstance(process, ServiceProcess)}


def told(process: ServiceProcess, name: str) -> str | None:
    return process._environment().get(f"FEEDRANK_{name}")


def test_without_replicas_names_are_those_of_the_services(tmp_path: Path) -> None:
    names = ["ranker", "social_graph", "ann_shards-0", "ann_shards-1", "candidate_gen"]
    assert list(services(tmp_path, 1)) == [*names, "feed_assembly"]


def test_callers_know_every_replica(tmp_path: Path) -> None:
    ring = services(tmp_path, 2)
    for caller in (ring["candidate_gen.0"], ring["candidate_gen.1"]):
        shards = json.loads(str(told(caller, "CANDIDATE_GEN__SHARD_ADDRESSES")))
        assert shards == [
            ",".join(ring[f"ann_shards-{shard}.{replica}"].address for replica in range(2))
            for shard in range(2)
        ]
        graphs = told(caller, "CANDIDATE_GEN__GRAPH_ADDRESS")
        assert graphs == f"{ring['social_graph.0'].address},{ring['social_graph.1'].address}"


def test_the_edges_have_the_port_asked_for_and_those_after_it(tmp_path: Path) -> None:
    ring = services(tmp_path, 3)
    ports = [ring[f"feed_assembly.{replica}"].port for replica in range(3)]
    assert ports == [PORT, PORT + 1, PORT + 2]


def test_partitions_are_shared_among_replicas(tmp_path: Path) -> None:
    ring = services(tmp_path, 2)
    for name in ("candidate_gen", "feed_assembly"):
        for replica in range(2):
            process, prefix = ring[f"{name}.{replica}"], name.upper()
            assert told(process, f"{prefix}__REPLICA") == str(replica)
            assert told(process, f"{prefix}__REPLICAS") == "2"


def test_exactly_one_process_counts(tmp_path: Path) -> None:
    counting = [
        name
        for name, process in services(tmp_path, 2).items()
        if told(process, "ANN_SHARDS__AGGREGATE_COUNTERS") == "true"
    ]
    assert counting == ["ann_shards-0.0"]


def test_every_graph_has_an_overlay_of_its_own_the_first_that_of_a_single_one(
    tmp_path: Path,
) -> None:
    ring = services(tmp_path, 2)
    first = told(ring["social_graph.0"], "SOCIAL_GRAPH__HOME")
    second = told(ring["social_graph.1"], "SOCIAL_GRAPH__HOME")
    [alone] = [p for name, p in services(tmp_path, 1).items() if name == "social_graph"]
    assert first == told(alone, "SOCIAL_GRAPH__HOME") == str(tmp_path / "home")
    assert second not in (None, first)
