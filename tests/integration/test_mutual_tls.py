"""The whole ring off loopback: every service has its own certificate, and callers have tokens.

The edge knows callers by token, as behind a gateway; behind it certificates are asked for. One
stack for all tests of this file, which run in order: the last ones replace certificates.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import grpc
import pytest

from feedrank.checkup.live.live import check_live
from feedrank.checkup.live.page import MetricsPage, read_page
from feedrank.client_access import ClientAccess
from generation.trusted_keys import SigningKey
from serving.access.caller_tokens import issue_token
from serving.access.roles import METHOD_ROLES, Role
from serving.metrics import SECRET_RELOADS
from tests.integration.caller import Caller, until
from tests.integration.distributed import Distributed, run_distributed
from tests.integration.tls_folder import TlsFolder
from tests.serving.certificates import Authority

GATEWAY = "gateway"
VIEWER = 3
TIMEOUT_S = 10.0
PATIENCE_S = 60.0
INNER = {
    "CandidateService": "candidate_gen",
    "AnnShardService": "ann_shards-1",
    "SocialGraphService": "social_graph",
    "RankerService": "ranker",
}


class Secured:
    """The ring, its certificates, and a key that callers' tokens are signed with."""

    def __init__(self, ring: Distributed, tls: TlsFolder, signer: SigningKey) -> None:
        self.ring = ring
        self.tls = tls
        self._signer = signer

    def token(self, role: Role) -> str:
        return issue_token(self._signer, "shop", [role], int(time.time()) + 3_600)

    @contextmanager
    def edge(self, token: str | None = None) -> Iterator[Caller]:
        """A caller of `GetFeed` from outside the ring."""
        credentials = self.tls.credentials()
        if token is not None:
            shown = grpc.access_token_call_credentials(token)
            credentials = grpc.composite_channel_credentials(credentials, shown)
        with grpc.secure_channel(self.ring.address, credentials) as channel:
            yield Caller(channel)

    def raw_call(self, method: str, credentials: grpc.ChannelCredentials | None) -> str:
        """Name of the status that an inner method answers an empty request with."""
        address = self.ring.named(INNER[method.split("/")[1].rpartition(".")[2]]).address
        opened = (
            grpc.insecure_channel(address)
            if credentials is None
            else grpc.secure_channel(address, credentials)
        )
        with opened as channel:
            try:
                channel.unary_unary(method)(b"", timeout=TIMEOUT_S)
            except grpc.RpcError as error:
                return str(error.code().name)
        return "OK"

    def page(self, name: str) -> MetricsPage:
        processes = self.ring.stack.running.processes
        return read_page(next(process for process in processes if process.name == name))

    def log(self, name: str) -> str:
        return self.ring.named(name).log_path.read_text()


@pytest.fixture(scope="module")
def secured(world, tmp_path_factory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("secured")
    tls = TlsFolder(folder / "tls", {GATEWAY: ["viewer_facing"], "guest": []})
    signer = SigningKey.make(folder / "signer.pem")
    (folder / "trusted").write_text(signer.trusted_line)
    # The ranker's authority is a file of its own, for the test that gives it another one.
    (folder / "ranker-ca.crt").write_bytes(tls.authority.path.read_bytes())
    variables = {
        **tls.variables,
        "FEEDRANK_HOST": "0.0.0.0",
        "FEEDRANK_FEED_ASSEMBLY__TLS_MUTUAL": "false",
        "FEEDRANK_FEED_ASSEMBLY__CALLER_KEYS": str(folder / "trusted"),
        "FEEDRANK_RANKER__TLS_AUTHORITY": str(folder / "ranker-ca.crt"),
    }
    with run_distributed(world.generations, folder / "home", **variables) as ring:
        yield Secured(ring, tls, signer)


def is_full(page) -> bool:
    return page.receipt.origin == "ranked" and not page.receipt.degraded_reasons


def status_of(call, *args) -> str:
    with pytest.raises(grpc.RpcError) as raised:
        call(*args)
    return raised.value.code().name


def test_the_gateway_gets_feeds_through_all_services(secured):
    with secured.edge(secured.token(Role.VIEWER_FACING)) as gateway:
        page = until(lambda: gateway.feed(VIEWER), is_full)
        assert is_full(page), page.receipt
        assert page.receipt.shards_answered == page.receipt.shards_total == 2


def test_another_role_and_nobody_get_none(secured):
    with secured.edge(secured.token(Role.INTERNAL)) as publisher:
        assert status_of(publisher.feed, VIEWER) == "PERMISSION_DENIED"
    with secured.edge(secured.token(Role.VIEWER_FACING)) as gateway:
        assert status_of(gateway.delete, 1) == "PERMISSION_DENIED"
    for token in (None, "no-token-at-all"):
        with secured.edge(token) as stranger:
            assert status_of(stranger.feed, VIEWER) == "UNAUTHENTICATED"


def test_inner_methods_are_closed_to_the_gateway_and_to_strangers(secured, tmp_path):
    key, certificate = Authority(tmp_path, "stranger").certify("spiffe://shop/candidate_gen")
    stranger = grpc.ssl_channel_credentials(
        secured.tls.authority.path.read_bytes(), key.read_bytes(), certificate.read_bytes()
    )
    inner = [method for method in METHOD_ROLES if "FeedService" not in method]
    assert len(inner) >= 6
    for method in inner:
        for name in (GATEWAY, "guest", "ranker"):
            denied = secured.raw_call(method, secured.tls.credentials(name))
            assert denied == "PERMISSION_DENIED", (method, name)
        allowed = secured.raw_call(method, secured.tls.credentials("candidate_gen"))
        assert allowed not in {"PERMISSION_DENIED", "UNAUTHENTICATED", "UNAVAILABLE"}, method
    for nobody in (stranger, secured.tls.credentials(), None):
        assert secured.raw_call(inner[0], nobody) == "UNAVAILABLE"


def test_all_certificates_are_replaced_while_calls_are_made_and_none_fails(secured):
    failures, pages, stop = [], [], Event()

    def ask() -> None:
        with secured.edge(secured.token(Role.VIEWER_FACING)) as gateway:
            viewer = 5_000_000
            while not stop.wait(0.02):
                viewer += 1
                try:
                    pages.append(gateway.feed(viewer))
                except grpc.RpcError as error:
                    failures.append(error.code().name)

    def taken(name: str) -> float:
        return secured.page(name).total(SECRET_RELOADS, files="tls", outcome="taken")

    def is_renewed() -> bool:
        ports = {service.name.partition("-")[0]: service.port for service in secured.ring.services}
        shown = [secured.tls.is_shown(name, port, GATEWAY) for name, port in ports.items()]
        # Those that call have taken the files once more, for what they show.
        return all(shown) and taken("feed_assembly") >= 2 and taken("candidate_gen") >= 2

    thread = Thread(target=ask)
    thread.start()
    try:
        assert until(lambda: len(pages), lambda count: count >= 5)
        secured.tls.issue_all()
        assert until(is_renewed, bool, PATIENCE_S)
        after = len(pages)
        assert until(lambda: len(pages), lambda count: count >= after + 10) >= after + 10
    finally:
        stop.set()
        thread.join()
    assert failures == []
    assert all(page.receipt.shards_answered == 2 for page in pages if page.receipt.shards_total)
    assert is_full(pages[-1]), pages[-1].receipt


async def test_a_neighbour_of_another_authority_is_named_and_feeds_go_on(secured, tmp_path):
    stranger, ranker = Authority(tmp_path, "stranger"), secured.ring.named("ranker")
    own_authority = secured.tls.folder.parent / "ranker-ca.crt"
    ranker.stop()
    secured.tls.issue("ranker", by=stranger)
    own_authority.write_bytes(stranger.path.read_bytes())
    ranker.start()

    said = until(
        lambda: secured.log("candidate_gen"),
        lambda log: "neighbour cannot be called over TLS" in log,
        PATIENCE_S,
    )
    [line] = [line for line in said.splitlines() if "neighbour cannot be called over TLS" in line]
    assert "the server's certificate is refused: unable to get local issuer" in line
    with secured.edge(secured.token(Role.VIEWER_FACING)) as gateway:
        page = gateway.feed(VIEWER + 1)
        assert len(page.items) > 0
        assert page.receipt.degraded_reasons
    key, certificate = secured.tls.pair(GATEWAY)
    access = ClientAccess(secured.tls.authority.path, certificate, key)
    bad = {
        finding.subject: finding.found
        for finding in await check_live(secured.ring.stack.running, access)
        if finding.verdict == "bad"
    }
    assert "ranker from candidate_gen" in bad["neighbours"]
    assert "certificate is refused" in bad[f"ranker at {ranker.address}"]

    ranker.stop()
    secured.tls.issue("ranker")
    own_authority.write_bytes(secured.tls.authority.path.read_bytes())
    ranker.start()
    with secured.edge(secured.token(Role.VIEWER_FACING)) as gateway:
        viewers = iter(range(6_000_000, 7_000_000))
        assert is_full(until(lambda: gateway.feed(next(viewers)), is_full, PATIENCE_S))
