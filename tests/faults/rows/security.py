"""Certificates, callers and page tokens that are wrong, and certificates that are replaced."""

import time

import grpc

from feedrank.real.server_process import ServerProcess, ServerStartError
from protos import feed_pb2, feed_pb2_grpc
from serving.access.roles import METHOD_ROLES
from tests.faults.channel import edge_channel
from tests.faults.fault import fault
from tests.faults.lab import Lab
from tests.faults.seen import Seen
from tests.integration.secured import GATEWAY, GUEST, Secured
from tests.serving.certificates import Authority

CALLS = 30
NAMED = "neighbour cannot be called over TLS"
BAD_TOKEN = (("authorization", "Bearer of.no.token"),)
VIEWER, OTHER_VIEWER = 22_000_001, 22_000_002


@fault(
    [37],
    "a certificate of another authority, and an expired one",
    "expired: no start, cause named; of another authority: the caller's log names the cause once,"
    " feeds go on in time",
)
def certificates_that_are_wrong(lab: Lab) -> Seen:
    secured = lab.secured()
    ranker, key_pair = secured.ring.named("ranker"), secured.tls.pair("ranker")
    ranker.stop()
    secured.tls.authority.certify("spiffe://shop/ranker", days=-1, into=key_pair)
    refusal = _refusal(ranker)
    stranger = Authority(lab.new_home(), "stranger")
    secured.tls.issue("ranker", by=stranger)
    secured.ranker_authority.write_bytes(stranger.path.read_bytes())
    with lab.watching(secured.ring.address, credentials=secured.gateway) as watch:
        ranker.start()
        mark = watch.mark()
        said = _wait_until_named(secured)
        watch.wait_for(CALLS)
        end = watch.mark()
        ranker.stop()
        secured.tls.issue("ranker")
        secured.ranker_authority.write_bytes(secured.tls.authority.path.read_bytes())
        ranker.start()
        watch.wait_for_full()
    seen = watch.seen(mark, end, note="both causes named")
    assert "expired on" in refusal, refusal
    assert "unable to get local issuer certificate" in said, said
    assert lab.within_deadline(seen)
    assert not seen.empty_pages
    return seen


@fault([38], "all certificates are replaced", "no call fails, all shards answer")
def certificates_are_replaced(lab: Lab) -> Seen:
    secured = lab.secured()
    ports = {process.name.partition("-")[0]: process.port for process in secured.ring.services}
    with lab.watching(secured.ring.address, credentials=secured.gateway) as watch:
        watch.wait_for_full()
        mark = watch.mark()
        secured.tls.issue_all()
        give_up_s = time.monotonic() + 60.0
        while not all(secured.tls.is_shown(name, port, GATEWAY) for name, port in ports.items()):
            assert time.monotonic() < give_up_s, "the new certificates are not shown"
        watch.wait_for(CALLS)
    seen = watch.seen(mark, note=f"{len(ports)} services show new ones")
    assert lab.within_deadline(seen)
    assert seen.lowest_coverage == 1.0
    return seen


@fault(
    [39],
    "callers without a certificate, with a bad token, of the wrong role",
    "no connection; UNAUTHENTICATED; PERMISSION_DENIED, at every method",
)
def callers_that_may_not(lab: Lab) -> Seen:
    secured = lab.secured()
    edge = secured.ring.address
    feed = feed_pb2.GetFeedRequest(viewer_id=VIEWER).SerializeToString()
    get_feed = "/feedrank.v1.FeedService/GetFeed"
    assert _status(edge, get_feed, feed, secured.gateway) == "OK"
    assert _status(edge, get_feed, feed, secured.gateway, BAD_TOKEN) == "UNAUTHENTICATED"
    assert _status(edge, get_feed, feed, secured.tls.credentials()) == "UNAVAILABLE"
    assert _status(edge, get_feed, feed, None) == "UNAVAILABLE"
    assert _status(edge, get_feed, feed, secured.tls.credentials("ranker")) == "PERMISSION_DENIED"
    refused = 0
    for method in METHOD_ROLES:
        service = method.split("/")[1].rpartition(".")[2]
        address = _address(secured, service)
        assert _status(address, method, b"", secured.tls.credentials(GUEST)) == "PERMISSION_DENIED"
        if service != "FeedService":
            assert _status(address, method, b"", secured.gateway) == "PERMISSION_DENIED", method
        refused += 1
    return Seen([], note=f"{refused} methods are closed to a guest, all inner ones to the gateway")


@fault(
    [41],
    "page tokens that were changed, or are another viewer's",
    "INVALID_ARGUMENT; good ones outlive a restart of the edge",
)
def page_tokens(lab: Lab) -> Seen:
    ring = lab.distributed()
    edge = ring.stack.edges[0]
    token = _page(lab, ring.address, VIEWER, "").next_page_token
    changed = ("B" if token[0] == "A" else "A") + token[1:]
    answers = [
        _error(lab, ring.address, viewer, wrong)
        for viewer, wrong in ((VIEWER, changed), (OTHER_VIEWER, token), (VIEWER, token[:-4]))
    ]
    edge.kill()
    edge.start()
    first = _page(lab, ring.address, VIEWER, token)
    assert first.items
    assert answers == ["INVALID_ARGUMENT"] * len(answers), answers
    return Seen([], note=f"{len(answers)} refused, the good one works after kill -9 of the edge")


def _refusal(process: ServerProcess) -> str:
    try:
        process.start()
    except ServerStartError as error:
        return str(error)
    return "it started"


def _wait_until_named(secured: Secured) -> str:
    """The line that names the cause, in the log of the one that calls."""
    log = secured.ring.named("candidate_gen").log_path
    give_up_s = time.monotonic() + 60.0
    while time.monotonic() < give_up_s:
        for line in log.read_text().splitlines():
            if NAMED in line:
                return line
        time.sleep(0.1)
    return "nothing"


def _address(secured: Secured, service: str) -> str:
    names = {
        "FeedService": "feed_assembly",
        "CandidateService": "candidate_gen",
        "AnnShardService": "ann_shards-0",
        "SocialGraphService": "social_graph",
        "RankerService": "ranker",
        "LineService": "ranker",  # as every service that others call
    }
    return secured.ring.named(names[service]).address


def _status(
    address: str,
    method: str,
    request: bytes,
    credentials: grpc.ChannelCredentials | None,
    metadata: tuple[tuple[str, str], ...] = (),
) -> str:
    opened = (  # without a look at health, which has other names in other services
        grpc.secure_channel(address, credentials) if credentials else grpc.insecure_channel(address)
    )
    with opened as channel:
        try:
            channel.unary_unary(method)(request, timeout=10.0, metadata=metadata)
        except grpc.RpcError as error:
            return str(error.code().name)
    return "OK"


def _page(lab: Lab, address: str, viewer: int, token: str) -> feed_pb2.GetFeedResponse:
    request = feed_pb2.GetFeedRequest(viewer_id=viewer, page_size=10, page_token=token)
    with edge_channel(address) as channel:
        return feed_pb2_grpc.FeedServiceStub(channel).GetFeed(request, timeout=10 * lab.deadline_s)


def _error(lab: Lab, address: str, viewer: int, token: str) -> str:
    try:
        _page(lab, address, viewer, token)
    except grpc.RpcError as error:
        return str(error.code().name)
    return "OK"
