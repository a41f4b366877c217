"""The whole ring off loopback, and callers of all kinds.

The edge knows callers by token, as behind a gateway; behind it certificates are asked for.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc

from feedrank.checkup.live.page import MetricsPage, read_page
from generation.trusted_keys import SigningKey
from serving.access.caller_tokens import issue_token
from serving.access.roles import Role
from tests.integration.caller import Caller
from tests.integration.distributed import Distributed, run_distributed
from tests.integration.tls_folder import TlsFolder

GATEWAY = "gateway"
GUEST = "guest"
TIMEOUT_S = 10.0
INNER = {
    "LineService": "ranker",
    "CandidateService": "candidate_gen",
    "AnnShardService": "ann_shards-1",
    "SocialGraphService": "social_graph",
    "RankerService": "ranker",
}


class Secured:
    """The ring, its certificates, and a key that callers' tokens are signed with.

    Attributes:
        folder: Everything that belongs to it, its home included.
        ranker_authority: What the ranker believes: a file of its own, to be given another one.
    """

    def __init__(self, ring: Distributed, tls: TlsFolder, signer: SigningKey, folder: Path) -> None:
        self.ring = ring
        self.tls = tls
        self.folder = folder
        self.ranker_authority = folder / "ranker-ca.crt"
        self._signer = signer

    @property
    def gateway(self) -> grpc.ChannelCredentials:
        """The certificate of a caller that may ask for feeds, where the edge asks for one."""
        return self.tls.credentials(GATEWAY)

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

    def raw_call(
        self, method: str, credentials: grpc.ChannelCredentials | None
    ) -> grpc.RpcError | None:
        """How an inner method fails that is given an empty request; `None` if it answers."""
        address = self.ring.named(INNER[method.split("/")[1].rpartition(".")[2]]).address
        opened = (
            grpc.secure_channel(address, credentials)
            if credentials
            else grpc.insecure_channel(address)
        )
        with opened as channel:
            try:
                channel.unary_unary(method)(b"", timeout=TIMEOUT_S)
            except grpc.RpcError as error:
                return error
        return None

    def page(self, name: str) -> MetricsPage:
        processes = self.ring.stack.running.processes
        return read_page(next(process for process in processes if process.name == name))

    def log(self, name: str) -> str:
        return self.ring.named(name).log_path.read_text()


@contextmanager
def run_secured(generations: Path, folder: Path, **further: str) -> Iterator[Secured]:
    """Running on all addresses of the machine, with everything that it needs below `folder`.

    Args:
        further: Variables that go before those chosen here.
    """
    tls = TlsFolder(folder / "tls", {GATEWAY: ["viewer_facing"], GUEST: []})
    signer = SigningKey.make(folder / "signer.pem")
    trusted, ranker_authority = folder / "trusted", folder / "ranker-ca.crt"
    trusted.write_text(signer.trusted_line)
    ranker_authority.write_bytes(tls.authority.path.read_bytes())
    variables = {
        **tls.variables,
        "FEEDRANK_HOST": "0.0.0.0",
        "FEEDRANK_FEED_ASSEMBLY__TLS_MUTUAL": "false",
        "FEEDRANK_FEED_ASSEMBLY__CALLER_KEYS": str(trusted),
        "FEEDRANK_RANKER__TLS_AUTHORITY": str(ranker_authority),
        **further,
    }
    with run_distributed(generations, folder / "home", **variables) as ring:
        yield Secured(ring, tls, signer, folder)
