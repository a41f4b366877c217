"""How commands reach a server that wants TLS or asks who calls: the options, and what they make."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import grpc
import typer

from serving.tls import channel_credentials
from serving.tls_probe import ShownFiles


def _file(name: str, text: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(name, help=text, exists=True, dir_okay=False)
    return option


Authority = Annotated[
    Path | None, _file("--authority", "PEM of who signed the server's certificate: turns on TLS")
]
Certificate = Annotated[Path | None, _file("--certificate", "PEM that shows who calls")]
Key = Annotated[Path | None, _file("--key", "PEM private key of the certificate")]
Token = Annotated[Path | None, _file("--token-file", "token that shows who calls; needs TLS")]


@dataclass(frozen=True, slots=True)
class ClientAccess:
    """Files a client shows and believes; nothing for plain text."""

    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    token: Path | None = None

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.key is None):
            raise typer.BadParameter("are given together", param_hint="--certificate, --key")
        if self.authority is None and (self.certificate or self.token):
            raise typer.BadParameter(
                "is needed: nothing is shown in plain text", param_hint="--authority"
            )

    def credentials(self) -> grpc.ChannelCredentials | None:
        """TLS; `None` for plain text."""
        return channel_credentials(self.authority, self.key, self.certificate)

    def shown(self) -> ShownFiles:
        """The files, for a look at what is wrong with a connection."""
        return ShownFiles(self.authority, self.certificate, self.key)

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What every call carries."""
        if self.token is None:
            return ()
        return (("authorization", f"Bearer {self.token.read_text('ascii').strip()}"),)
