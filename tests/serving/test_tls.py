"""TLS as callers meet it: who is answered, and what happens while certificates are changed."""

import asyncio
import time
from pathlib import Path

import grpc
import pytest

from generation.trusted_keys import SigningKey
from serving.access.caller_tokens import issue_token
from serving.access.roles import Role
from serving.channels import open_channel
from serving.metrics_recorder import Metrics
from serving.outgoing import Outgoing
from serving.server import GrpcServer
from serving.settings import CommonSettings
from serving.tls import channel_credentials
from serving.tls_files import TlsError
from serving.watched_files import CHECK_S
from tests.serving.certificates import Authority
from tests.serving.echo_service import local_settings
from tests.serving.test_metrics import value_of

SERVICE = "feedrank.v1.RankerService"
METHOD = f"/{SERVICE}/Rank"
RING = "spiffe://shop/ring"


class Ring:
    """A service that answers what it is asked, and the settings all services here share."""

    def __init__(self, folder: Path, **fields: object) -> None:
        self.settings = local_settings(folder, **fields)
        self.metrics = Metrics()
        self.server = GrpcServer(self.settings, self.metrics)
        self.callers: list[str] = []

        async def answer(request: bytes, context: grpc.aio.ServicerContext) -> bytes:
            self.callers += [name.decode() for name in context.peer_identities() or ()]
            return request

        handler = grpc.unary_unary_rpc_method_handler(answer)
        self.server.grpc_server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(SERVICE, {"Rank": handler}),)
        )

    async def __aenter__(self) -> "Ring":
        await self.server.start([SERVICE])
        await self.server.mark_serving(SERVICE)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.drain()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    def channel(self, settings: CommonSettings | None = None) -> grpc.aio.Channel:
        """As a service of the ring opens it."""
        return Outgoing(settings or self.settings, Metrics()).channel(self.address, ())

    async def ask(self, channel: grpc.aio.Channel) -> bytes:
        return await channel.unary_unary(METHOD)(b"hello", timeout=5)


async def refused(ring: Ring, channel: grpc.aio.Channel) -> grpc.StatusCode:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await ring.ask(channel)
    return raised.value.code()


@pytest.fixture
def authority(tmp_path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def mutual(authority) -> dict[str, object]:
    key, certificate = authority.certify(RING, "localhost")
    files = {"tls_key": key, "tls_certificate": certificate, "tls_authority": authority.path}
    return files | {"callers": {RING: {Role.INTERNAL}}}


async def test_a_client_that_trusts_the_authority_is_answered(tmp_path, authority):
    key, certificate = authority.certify("localhost")
    async with Ring(tmp_path, tls_key=key, tls_certificate=certificate) as ring:
        credentials = channel_credentials(authority.path)
        async with open_channel(ring.address, SERVICE, credentials=credentials) as channel:
            assert await ring.ask(channel) == b"hello"


async def test_plain_text_is_not_answered(tmp_path, authority):
    key, certificate = authority.certify("localhost")
    async with Ring(tmp_path, tls_key=key, tls_certificate=certificate) as ring:
        channel = grpc.aio.insecure_channel(ring.address)
        assert await refused(ring, channel) is grpc.StatusCode.UNAVAILABLE
        await channel.close()


async def test_services_of_the_ring_know_each_other_by_certificate(tmp_path, mutual):
    async with Ring(tmp_path, **mutual) as ring, ring.channel() as channel:
        assert await ring.ask(channel) == b"hello"
        assert RING in ring.callers


async def test_without_a_certificate_of_the_authority_no_call_arrives(tmp_path, mutual, authority):
    stranger = Authority(tmp_path, "stranger")
    key, certificate = stranger.certify("stranger.shop")
    async with Ring(tmp_path, **mutual) as ring:
        for credentials in (
            channel_credentials(authority.path),
            channel_credentials(authority.path, key, certificate),
        ):
            async with grpc.aio.secure_channel(ring.address, credentials) as channel:
                assert await refused(ring, channel) is grpc.StatusCode.UNAVAILABLE
        assert ring.callers == []


async def test_a_certificate_without_the_role_is_refused_by_name(tmp_path, mutual, authority):
    credentials = channel_credentials(authority.path, *authority.certify("spiffe://shop/guest"))
    async with Ring(tmp_path, **mutual) as ring:
        async with grpc.aio.secure_channel(ring.address, credentials) as channel:
            assert await refused(ring, channel) is grpc.StatusCode.PERMISSION_DENIED
        assert ring.callers == []


async def test_a_token_is_shown_where_certificates_tell_nothing(tmp_path, authority):
    signer = SigningKey.make(tmp_path / "signer.pem")
    (tmp_path / "trusted").write_text(signer.trusted_line)
    (tmp_path / "token").write_text(
        issue_token(signer, "candidate_gen", [Role.INTERNAL], int(time.time()) + 600)
    )
    key, certificate = authority.certify("localhost")
    files = {"tls_key": key, "tls_certificate": certificate, "tls_authority": authority.path}
    known = files | {"tls_mutual": False, "caller_keys": tmp_path / "trusted"}
    async with Ring(tmp_path, **known) as ring:
        async with ring.channel() as channel:
            assert await refused(ring, channel) is grpc.StatusCode.UNAUTHENTICATED
        showing = local_settings(tmp_path, **known, caller_token=tmp_path / "token")
        async with ring.channel(showing) as channel:
            assert await ring.ask(channel) == b"hello"


async def test_certificates_are_changed_while_calls_are_made_and_none_fails(
    tmp_path, mutual, authority
):
    files = (mutual["tls_key"], mutual["tls_certificate"])
    async with Ring(tmp_path, **mutual) as ring, ring.channel() as channel:
        asked = 0

        async def call_until_seen(name: str) -> None:
            nonlocal asked
            async with asyncio.timeout(20 * CHECK_S):
                while name not in ring.callers:
                    assert await ring.ask(channel) == b"hello"
                    asked += 1
                    await asyncio.sleep(0.02)

        await call_until_seen(RING)
        authority.certify(RING, "second.shop", into=files)
        await call_until_seen("second.shop")
        async with grpc.aio.secure_channel(
            ring.address, channel_credentials(mutual["tls_authority"], *files)
        ) as newcomer:
            assert await ring.ask(newcomer) == b"hello"
        assert asked >= 2


async def test_a_half_changed_pair_changes_nothing_and_is_counted(tmp_path, mutual, authority):
    async with Ring(tmp_path, **mutual) as ring:
        authority.certify(RING, into=(tmp_path / "elsewhere.key", mutual["tls_certificate"]))
        await asyncio.sleep(CHECK_S)
        known = channel_credentials(authority.path, *authority.certify("spiffe://shop/other", RING))
        async with grpc.aio.secure_channel(ring.address, known) as channel:
            assert await ring.ask(channel) == b"hello"
        refusals = 'feedrank_secret_reloads_total{files="tls",outcome="refused"}'
        assert value_of(ring.metrics, refusals) == "1.0"


async def test_the_time_a_certificate_has_left_is_told(tmp_path, authority):
    key, certificate = authority.certify("localhost", days=10)
    async with Ring(tmp_path, tls_key=key, tls_certificate=certificate) as ring:
        remaining_ms = float(value_of(ring.metrics, "feedrank_certificate_remaining_ms") or 0)
        assert remaining_ms == pytest.approx(10 * 86_400_000, rel=0.01)


async def test_a_server_does_not_start_with_files_nobody_could_use(tmp_path, mutual, authority):
    other = Authority(tmp_path, "other")
    theirs = other.certify("localhost")
    expired = authority.certify("expired.shop", days=-1)
    unfit = (mutual["tls_key"], expired[1])
    (tmp_path / "empty.pem").touch()
    for (key, certificate), extra, cause in (
        (theirs, {}, "not signed by tls_authority"),
        (expired, {}, "expired on"),
        (unfit, {}, "tls_key does not belong to tls_certificate"),
        ((mutual["tls_key"], tmp_path / "empty.pem"), {}, "no certificates"),
        ((tmp_path / "empty.pem", mutual["tls_certificate"]), {}, "no private key"),
        (
            (mutual["tls_key"], mutual["tls_certificate"]),
            {"tls_name": "ranker.shop"},
            "is for localhost, spiffe://shop/ring, 127.0.0.1, not for ranker.shop",
        ),
    ):
        fields = {**mutual, "tls_key": key, "tls_certificate": certificate, **extra}
        ring = Ring(tmp_path, **fields)
        with pytest.raises(TlsError, match=cause):
            await ring.server.start([SERVICE])
