"""The whole ring off loopback: who is answered, and what happens while certificates change."""

from threading import Event, Thread

import grpc
import pytest

from feedrank.checkup.live.live import check_live
from feedrank.client_access import ClientAccess
from serving.access.roles import METHOD_ROLES, Role
from serving.metrics import SECRET_RELOADS
from tests.integration.caller import until
from tests.integration.secured import GATEWAY, GUEST
from tests.serving.certificates import Authority

VIEWER = 3
PATIENCE_S = 60.0


def is_full(page) -> bool:
    return page.receipt.origin == "ranked" and not page.receipt.degraded_reasons


def status_code_of(error: grpc.RpcError | None) -> str:
    return "OK" if error is None else error.code().name


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
        for name in (GATEWAY, GUEST, "ranker"):
            denied = secured.raw_call(method, secured.tls.credentials(name))
            assert status_code_of(denied) == "PERMISSION_DENIED", (method, name)
        allowed = secured.raw_call(method, secured.tls.credentials("candidate_gen"))
        assert status_code_of(allowed) not in {
            "PERMISSION_DENIED",
            "UNAUTHENTICATED",
            "UNAVAILABLE",
        }, method
    for nobody in (stranger, secured.tls.credentials(), None):
        assert status_code_of(secured.raw_call(inner[0], nobody)) == "UNAVAILABLE"


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
    ranker.stop()
    secured.tls.issue("ranker", by=stranger)
    secured.ranker_authority.write_bytes(stranger.path.read_bytes())
    ranker.start()

    said = until(
        lambda: secured.log("candidate_gen"),
        lambda log: "neighbour cannot be called over TLS" in log,
        PATIENCE_S,
    )
    [line] = [line for line in said.splitlines() if "neighbour cannot be called over TLS" in line]
    assert "the server's certificate is refused: unable to get local issuer" in line
    assert "Handshake failed" not in said, "gRPC writes lines of its own, one per attempt"
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
    secured.ranker_authority.write_bytes(secured.tls.authority.path.read_bytes())
    ranker.start()
    with secured.edge(secured.token(Role.VIEWER_FACING)) as gateway:
        viewers = iter(range(6_000_000, 7_000_000))
        assert is_full(until(lambda: gateway.feed(next(viewers)), is_full, PATIENCE_S))
