"""Without Kafka and Redis every process starts, is alive and ready, and says what it lacks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from feedrank.real.ports import free_ports
from feedrank.real.server_process import ServerProcess
from feedrank.stack import Stack, StackSettings, stack
from tests.integration.caller import TIMEOUT_S, open_caller
from tests.integration.small_world import SHARD_COUNT, SmallWorld

READY = {
    "ranker": "feedrank.v1.RankerService",
    "social_graph": "feedrank.v1.SocialGraphService",
    "ann_shards-0": "feedrank.v1.AnnShardService",
    "ann_shards-1": "feedrank.v1.AnnShardService",
    "candidate_gen": "feedrank.v1.CandidateService",
    "feed_assembly": "feedrank.v1.FeedService",
}


@pytest.fixture(scope="module")
def running(world: SmallWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    port, bus, state = free_ports(3)
    started = stack(
        StackSettings(
            world.generations,
            tmp_path_factory.mktemp("alone") / "home",
            port,
            SHARD_COUNT,
            bus=f"kafka://127.0.0.1:{bus}",
            state=f"redis://127.0.0.1:{state}/0",
        )
    )
    try:
        with ThreadPoolExecutor() as pool:
            list(pool.map(ServerProcess.start, started.services))
        yield started
    finally:
        for process in reversed(started.services):
            process.stop()


@pytest.mark.parametrize("name", READY)
def test_it_is_alive_and_ready(running: Stack, name: str) -> None:
    process = next(service for service in running.services if service.name == name)
    with grpc.insecure_channel(process.address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for service in ("feedrank.live", READY[name], ""):
            asked = health_pb2.HealthCheckRequest(service=service)
            answer = stub.Check(asked, timeout=TIMEOUT_S)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING, service


def test_feeds_are_the_floor_and_say_why(running: Stack) -> None:
    [edge] = running.edges
    with open_caller(edge.address) as caller:
        page = caller.feed(7)
    assert page.items
    assert page.receipt.origin == "floor"
    assert list(page.receipt.degraded_reasons) == ["state_unavailable", "blocks_unknown"]
