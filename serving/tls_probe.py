"""A first connection to a TLS server, made to learn why others would fail.

gRPC reports every mistake in TLS as UNAVAILABLE, like a server that is away; the standard library
says what it is: an unknown authority, another name, an expired or missing certificate, plain text.
"""

import asyncio
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from serving.access.settings import AccessSettings
from serving.tls_files import TlsError

PROBE_S = 5.0
HTTP2 = "h2"
HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
HUNG_UP = (  # gRPC's servers send no alert
    "the server hung up on this certificate: it has expired, is for other uses,"
    " or is not signed by the server's tls_authority"
)
AWAY = ("no connection", "no handshake")
"""How problems begin that are none of TLS: the server is away, or hangs."""

WANTS_TLS = "the server wants TLS, and here none is set up: tls_authority is missing"
SELF = {"0.0.0.0": "127.0.0.1", "::": "::1", "[::]": "::1"}
"""Where a server that listens on every address is reached from within."""


@dataclass(frozen=True, slots=True)
class ShownFiles:
    """PEM files of a caller: whom it believes (anybody, without), and what it shows."""

    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


def shown_by(settings: AccessSettings) -> ShownFiles:
    """What a service shows to those it calls."""
    return ShownFiles(settings.tls_authority, settings.tls_certificate, settings.tls_key)


async def check_own_tls(settings: AccessSettings, port: int) -> None:
    """Call the server of this very process, as its callers will.

    Raises:
        TlsError: it cannot be called; says why.
    """
    host = SELF.get(settings.host, settings.host).strip("[]")
    problem = await tls_problem(host, port, settings.tls_name, shown_by(settings))
    if problem is not None:
        raise TlsError(f"nobody could call this server over TLS: {problem}")


async def tls_problem(
    host: str, port: int, name: str | None, files: ShownFiles, within_s: float = PROBE_S
) -> str | None:
    """Connect as a caller with these files would: what is wrong, in one line, or `None`.

    Args:
        name: That the server's certificate must be for; `None` takes any.
    """
    try:
        context = _context(files, check_name=name is not None)
    except (OSError, ValueError) as error:
        reason = _reason(error) if isinstance(error, ssl.SSLError) else error
        return f"our own TLS files are no good: {reason}"
    return await asyncio.to_thread(_problem, host, port, name or host, context, within_s)


async def plain_text_problem(host: str, port: int, within_s: float = PROBE_S) -> str | None:
    """What is wrong for a caller that speaks plain text: `WANTS_TLS`, or as `tls_problem`."""
    context = _context(ShownFiles(), check_name=False)
    problem = await asyncio.to_thread(_problem, host, port, host, context, within_s)
    if problem is None or problem == HUNG_UP:
        return WANTS_TLS
    return problem if is_away(problem) else None


def is_away(problem: str) -> bool:
    """Whether nobody is there, as opposed to somebody who is no good."""
    return problem.startswith(AWAY)


def _problem(
    host: str, port: int, name: str, context: ssl.SSLContext, within_s: float
) -> str | None:
    """Blocks: with asyncio an alert that ends a connection is lost."""
    try:
        with (
            socket.create_connection((host, port), within_s) as connection,
            context.wrap_socket(connection, server_hostname=name) as secured,
        ):
            # A client's certificate is judged after the handshake: a server that is content
            # answers this with settings of its own.
            secured.sendall(HTTP2_PREFACE)
            answered = secured.recv(1)
    except TimeoutError:
        return f"no handshake within {within_s:g} s"
    except ssl.SSLCertVerificationError as error:
        return f"the server's certificate is refused: {error.verify_message}"
    except ssl.SSLError as error:
        return f"the handshake failed: {_reason(error)}"
    except OSError as error:
        return f"no connection: {(error.strerror or 'refused').lower()}"
    return None if answered else HUNG_UP


def _reason(error: ssl.SSLError) -> str:
    reason = (error.reason or "unknown").lower().replace("_", " ")
    return "the server speaks plain text" if reason == "wrong version number" else reason


def _context(files: ShownFiles, *, check_name: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols([HTTP2])
    context.check_hostname = check_name and files.authority is not None
    if files.authority is None:
        context.verify_mode = ssl.CERT_NONE
        return context
    context.load_verify_locations(files.authority)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # as gRPC: any authority is a root
    if files.certificate is not None:
        context.load_cert_chain(files.certificate, files.key)
    return context
