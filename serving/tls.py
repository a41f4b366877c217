"""Credentials of servers and channels, from the files that the settings name."""

from pathlib import Path

import grpc

from serving.settings import CommonSettings


def server_credentials(settings: CommonSettings) -> grpc.ServerCredentials | None:
    """TLS, mutual if an authority is set; `None` where plain text on loopback is configured."""
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    authority = settings.tls_authority.read_bytes() if settings.tls_authority else None
    return grpc.ssl_server_credentials(
        [(settings.tls_key.read_bytes(), settings.tls_certificate.read_bytes())],
        root_certificates=authority,
        require_client_auth=authority is not None,
    )


def channel_credentials(
    authority: Path | None, key: Path | None = None, certificate: Path | None = None
) -> grpc.ChannelCredentials | None:
    """TLS towards servers signed by `authority` (PEM file); `None` for plain text without one.

    Args:
        key, certificate: PEM files that prove who calls, where the server asks for it.
    """
    if authority is None:
        return None
    return grpc.ssl_channel_credentials(
        authority.read_bytes(),
        key.read_bytes() if key else None,
        certificate.read_bytes() if certificate else None,
    )
