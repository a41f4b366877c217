"""Every server says how it is, what it serves and what it counts; the embedded one ends cleanly."""

import re
import urllib.request
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from feedrank.real.server_process import ServerProcess
from tests.integration.caller import TIMEOUT_S
from tests.integration.draining import exit_code_after_sigterm
from tests.integration.embedded_process import EmbeddedProcess
from tests.integration.small_world import SmallWorld

SERVES = {
    "ranker": "feedrank.v1.RankerService",
    "social_graph": "feedrank.v1.SocialGraphService",
    "ann_shards-0": "feedrank.v1.AnnShardService",
    "ann_shards-1": "feedrank.v1.AnnShardService",
    "candidate_gen": "feedrank.v1.CandidateService",
    "feed_assembly": "feedrank.v1.FeedService",
    "embedded": "feedrank.v1.FeedService",
}
DISTRIBUTED = [name for name in SERVES if name != "embedded"]

of_real_servers = [pytest.mark.kafka, pytest.mark.redis]
every_server = pytest.mark.parametrize(
    "name",
    ["embedded", *(pytest.param(name, marks=of_real_servers) for name in DISTRIBUTED)],
)


@pytest.fixture(scope="module")
def embedded_server(world: SmallWorld, tmp_path_factory: pytest.TempPathFactory):
    home = tmp_path_factory.mktemp("health") / "home"
    with EmbeddedProcess(world.generations, home, metrics_port="0") as server:
        yield server


@pytest.fixture
def server(name: str, request: pytest.FixtureRequest) -> ServerProcess:
    if name == "embedded":
        return request.getfixturevalue("embedded_server")
    return request.getfixturevalue("distributed").named(name)


def health(channel: grpc.Channel, service: str) -> int:
    request = health_pb2.HealthCheckRequest(service=service)
    return health_pb2_grpc.HealthStub(channel).Check(request, timeout=TIMEOUT_S).status


@every_server
def test_health_is_told_by_named_service(name, server):
    with grpc.insecure_channel(server.address) as channel:
        assert health(channel, SERVES[name]) == health_pb2.HealthCheckResponse.SERVING
        assert health(channel, "") == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.RpcError) as refused:
            health(channel, "feedrank.v1.NobodyService")
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND


@every_server
def test_reflection_lists_what_is_served(name, server):
    request = reflection_pb2.ServerReflectionRequest(list_services="*")
    with grpc.insecure_channel(server.address) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        [answer] = stub.ServerReflectionInfo(iter([request]), timeout=TIMEOUT_S)
    names = {service.name for service in answer.list_services_response.service}
    assert {SERVES[name], "grpc.health.v1.Health"} <= names


@every_server
def test_prometheus_reads_metrics(name, server):
    assert name == server.name
    text = metrics_text(server.log_path)
    samples = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert samples
    assert all(sample.startswith(("feedrank_", "process_", "python_")) for sample in samples)
    assert any(sample.startswith("feedrank_") for sample in samples)


def metrics_text(log_path: Path) -> str:
    [*_, port] = re.findall(r'"metrics_port": ?(\d+)', log_path.read_text())
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=TIMEOUT_S) as answer:
        return answer.read().decode()


def test_the_embedded_server_drains_on_sigterm(own_embedded):
    assert exit_code_after_sigterm(own_embedded) == 0, own_embedded.log_path.read_text()
