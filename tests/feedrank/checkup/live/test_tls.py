"""What doctor says of TLS: between it and the processes, and between those."""

import pytest

from feedrank.checkup.live.live import check_live
from feedrank.checkup.live.processes import neighbours
from feedrank.client_access import ClientAccess
from feedrank.running_stack import RunningProcess, RunningStack
from serving.access.roles import Role
from serving.metrics import TLS_BROKEN
from serving.metrics_recorder import Metrics
from serving.server import GrpcServer
from tests.feedrank.checkup.live.pages import page
from tests.serving.certificates import Authority
from tests.serving.echo_service import SERVICE, add_echo, local_settings


@pytest.fixture
def authority(tmp_path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
async def server(tmp_path, authority):
    key, certificate = authority.certify("localhost")
    settings = local_settings(
        tmp_path,
        tls_key=key,
        tls_certificate=certificate,
        tls_authority=authority.path,
        callers={"doctor.shop": {Role.OPERATOR}},
        metrics_host="0.0.0.0",
        metrics_port=0,
    )
    server = GrpcServer(settings, Metrics())
    add_echo(server)
    await server.start([SERVICE])
    await server.mark_serving(SERVICE)
    yield server
    await server.drain()


async def findings(server: GrpcServer, access: ClientAccess | None, scheme: str) -> dict:
    metrics = f"{scheme}127.0.0.1:{server.metrics_port}"
    process = RunningProcess("echo", "echo", f"127.0.0.1:{server.port}", metrics)
    found = await check_live(RunningStack([process]), access)
    return {finding.subject.partition(" at ")[0]: finding for finding in found}


async def test_with_a_certificate_it_sees_health_and_metrics(server, authority):
    key, certificate = authority.certify("doctor.shop")
    seen = await findings(server, ClientAccess(authority.path, certificate, key), "https://")
    assert (seen["echo"].verdict, seen["echo"].found) == ("good", "ready")
    assert seen["clocks"].verdict == "good"
    assert "metrics of echo" not in seen


async def test_in_plain_text_it_says_that_tls_is_wanted(server):
    seen = await findings(server, None, "")
    for subject in ("echo", "metrics of echo"):
        assert "the server wants TLS" in seen[subject].found
        assert "--authority" in seen[subject].advice
    assert "name it https://" in seen["metrics of echo"].advice


async def test_it_says_why_certificates_are_refused(server, authority, tmp_path):
    other = Authority(tmp_path, "other")
    seen = await findings(server, ClientAccess(other.path), "https://")
    for subject in ("echo", "metrics of echo"):
        assert "the server's certificate is refused: " in seen[subject].found
    key, certificate = other.certify("stranger.shop")
    seen = await findings(server, ClientAccess(authority.path, certificate, key), "https://")
    assert "hung up on this certificate" in seen["echo"].found


def test_neighbours_that_cannot_be_called_are_named_with_who_cannot():
    def broken(share: float):
        return lambda metrics: metrics.gauge(TLS_BROKEN, "ranker").set(share)

    [finding] = neighbours([page("a", broken(0.0)), page("b", broken(0.5))])
    assert (finding.verdict, finding.found) == (
        "bad",
        "cannot be called over TLS: ranker from b",
    )
    assert neighbours([page("a", broken(0.0))])[0].verdict == "good"
    assert neighbours([page("a")]) == []
