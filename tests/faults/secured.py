"""A stack in which every service has a certificate of its own, and callers have roles."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

from generation.trusted_keys import SigningKey
from tests.integration.distributed import Distributed, run_distributed
from tests.integration.tls_folder import TlsFolder

GATEWAY = "gateway"
GUEST = "guest"


@dataclass(frozen=True, slots=True)
class SecuredRing:
    """Attributes:
    tls: Certificates of the services, of a gateway, and of a guest with no role.
    ranker_authority: What the ranker believes, a file of its own.
    """

    ring: Distributed
    tls: TlsFolder
    ranker_authority: Path

    @property
    def gateway(self) -> grpc.ChannelCredentials:
        """Of a caller that may ask for feeds."""
        return self.tls.credentials(GATEWAY)


@contextmanager
def run_secured(generations: Path, folder: Path) -> Iterator[SecuredRing]:
    """Running, on all addresses of the machine."""
    tls = TlsFolder(folder / "tls", {GATEWAY: ["viewer_facing"], GUEST: []})
    ranker_authority, trusted = folder / "ranker-ca.crt", folder / "trusted"
    ranker_authority.write_bytes(tls.authority.path.read_bytes())
    trusted.write_text(SigningKey.make(folder / "signer.pem").trusted_line)
    variables = {
        **tls.variables,
        "FEEDRANK_HOST": "0.0.0.0",
        "FEEDRANK_CALLER_KEYS": str(trusted),
        "FEEDRANK_RANKER__TLS_AUTHORITY": str(ranker_authority),
    }
    with run_distributed(generations, folder / "home", **variables) as ring:
        yield SecuredRing(ring, tls, ranker_authority)
