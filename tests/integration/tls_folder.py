"""The folder of `feedrank up --tls` for tests: an authority, and a certificate per service."""

import json
import socket
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path

import grpc

from feedrank.stack_tls import AUTHORITY, CALLERS, tls_variables
from serving.settings_loading import SERVICES
from serving.tls import channel_credentials
from tests.serving.certificates import Authority

TRUST_DOMAIN = "spiffe://shop/"


class TlsFolder:
    """Certificates of a ring, named `spiffe://shop/SERVICE`, that may be issued again at will."""

    def __init__(self, folder: Path, callers: Mapping[str, Sequence[str]] | None = None) -> None:
        """`callers`: roles of names outside the ring; each gets a certificate, too."""
        folder.mkdir()
        self.folder = folder
        self.authority = Authority(folder, "ring")
        (folder / AUTHORITY).write_bytes(self.authority.path.read_bytes())
        outside = callers or {}
        for name in (*SERVICES, *outside):
            self.issue(name)
        roles = {"feed_assembly": ["internal"], "candidate_gen": ["internal"], **outside}
        named = {f"{TRUST_DOMAIN}{name}": given for name, given in roles.items()}
        (folder / CALLERS).write_text(json.dumps(named))

    @property
    def variables(self) -> dict[str, str]:
        """As `feedrank up` hands them to the services."""
        return tls_variables(self.folder)

    def issue(self, name: str, by: Authority | None = None) -> None:
        """A new certificate and key in place of the old; by another authority, if one is given."""
        (by or self.authority).certify(f"{TRUST_DOMAIN}{name}", into=self.pair(name))

    def issue_all(self) -> None:
        """New ones for all services of the ring."""
        for name in SERVICES:
            self.issue(name)

    def pair(self, name: str) -> tuple[Path, Path]:
        """Key and certificate."""
        return self.folder / f"{name}.key", self.folder / f"{name}.crt"

    def credentials(self, name: str | None = None) -> grpc.ChannelCredentials:
        """What a caller shows; nothing but trust without a name."""
        credentials = channel_credentials(self.authority.path, *(self.pair(name) if name else ()))
        assert credentials is not None
        return credentials

    def shown_by(self, port: int, caller: str) -> bytes:
        """The certificate, DER, that the server at this port shows to new connections now."""
        context = ssl.create_default_context(cafile=str(self.authority.path))
        key, certificate = self.pair(caller)
        context.load_cert_chain(certificate, key)
        with (
            socket.create_connection(("127.0.0.1", port), 10) as connection,
            context.wrap_socket(connection, server_hostname="127.0.0.1") as secured,
        ):
            shown = secured.getpeercert(binary_form=True)
        assert shown is not None
        return shown

    def is_shown(self, name: str, port: int, caller: str) -> bool:
        """Whether the server at this port shows the certificate of `name` that is on disk now."""
        on_disk = ssl.PEM_cert_to_DER_cert(self.pair(name)[1].read_text())
        return self.shown_by(port, caller) == on_disk
