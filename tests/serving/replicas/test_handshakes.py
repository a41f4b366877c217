"""What is wrong between neighbours is told once, by cause; who is merely away is not accused."""

import pytest
import structlog

from serving.metrics_recorder import Metrics
from serving.outgoing import Outgoing
from serving.replicas.handshakes import Handshakes
from serving.replicas.open_neighbour import open_neighbour
from tests.serving.certificates import Authority
from tests.serving.echo_service import local_settings
from tests.serving.replicas.searching import SERVICE
from tests.serving.test_metrics import value_of
from tests.serving.test_tls import RING, Ring, Role

SHARE = 'feedrank_tls_broken_replicas_ratio{neighbour="shard"}'


def settings_of(authority: Authority, *names: str, loopback: bool = True) -> dict[str, object]:
    key, certificate = authority.certify(*names, loopback=loopback)
    files = {"tls_key": key, "tls_certificate": certificate, "tls_authority": authority.path}
    return files | {"callers": {RING: {Role.INTERNAL}}}


class Looking:
    """A caller with some settings that looks at a server with others."""

    def __init__(self, folder, address: str, settings: dict[str, object]) -> None:
        self.metrics = Metrics()
        outgoing = Outgoing(local_settings(folder, **settings), self.metrics)
        self.neighbour = open_neighbour(
            "shard",
            address,
            SERVICE,
            self.metrics,
            extra_call_share=0.05,
            max_message_bytes=1_000_000,
            outgoing=outgoing,
        )

        async def problem(address: str) -> str | None:
            host, _, port = address.partition(":")
            return await outgoing.problem(host, int(port), host)

        self.handshakes = Handshakes(self.neighbour.replicas, problem)

    async def causes(self, looks: int = 3) -> list[str]:
        """What is logged as an error in so many looks."""
        with structlog.testing.capture_logs() as lines:
            for _ in range(looks):
                await self.handshakes.look()
        return [line["cause"] for line in lines if line["log_level"] == "error"]

    async def __aenter__(self) -> "Looking":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.neighbour.close()


@pytest.fixture
def authority(tmp_path) -> Authority:
    return Authority(tmp_path)


async def test_a_server_of_another_authority(tmp_path, authority):
    other = Authority(tmp_path, "other")
    ours, theirs = settings_of(authority, RING), settings_of(other, "theirs.shop")
    async with Ring(tmp_path, **theirs) as ring, Looking(tmp_path, ring.address, ours) as looking:
        [cause] = await looking.causes()
        assert "refused: unable to get local issuer certificate" in cause
        assert value_of(looking.metrics, SHARE) == "1.0"


async def test_a_server_for_another_name(tmp_path, authority):
    ours = settings_of(authority, RING)
    theirs = settings_of(authority, "graph.shop", loopback=False)
    async with Ring(tmp_path, **theirs) as ring, Looking(tmp_path, ring.address, ours) as looking:
        [cause] = await looking.causes()
        assert "IP address mismatch" in cause


async def test_a_server_that_does_not_take_our_certificate(tmp_path, authority):
    other = Authority(tmp_path, "other")
    ours = settings_of(other, "ours.shop") | {"tls_authority": tmp_path / "both.pem"}
    (tmp_path / "both.pem").write_bytes(authority.path.read_bytes() + other.path.read_bytes())
    theirs = settings_of(authority, RING)
    async with Ring(tmp_path, **theirs) as ring, Looking(tmp_path, ring.address, ours) as looking:
        [cause] = await looking.causes()
        assert "hung up on this certificate" in cause


async def test_plain_text_on_either_side(tmp_path, authority):
    secured = settings_of(authority, RING)
    async with Ring(tmp_path) as ring, Looking(tmp_path, ring.address, secured) as looking:
        assert await looking.causes() == ["the handshake failed: the server speaks plain text"]
    async with Ring(tmp_path, **secured) as ring, Looking(tmp_path, ring.address, {}) as looking:
        [cause] = await looking.causes()
        assert "the server wants TLS" in cause


async def test_nobody_is_accused_who_is_away_or_only_not_ready(tmp_path, authority):
    secured = settings_of(authority, RING)
    async with Looking(tmp_path, "127.0.0.1:1", secured) as looking:
        assert await looking.causes() == []
        assert value_of(looking.metrics, SHARE) == "0.0"
    async with Ring(tmp_path) as ring:
        await ring.server._readiness.shut_down()
        async with Looking(tmp_path, ring.address, {}) as looking:
            assert await looking.causes() == []
