"""Credentials of servers and of their callers, from the files that the settings name.

Changed files need no restart.
"""

import time
from pathlib import Path

import grpc

from serving.access.settings import AccessSettings
from serving.metrics import CERTIFICATE_REMAINING
from serving.metrics_recorder import Metrics
from serving.tls_files import TlsFiles, read_tls
from serving.watched_files import WatchedFiles


def watch_tls(settings: AccessSettings, metrics: Metrics) -> WatchedFiles[TlsFiles] | None:
    """The files of this process; `None` where plain text is configured.

    Raises:
        TlsError, OSError: as `read_tls`.
    """
    files = (settings.tls_certificate, settings.tls_key, settings.tls_authority)
    if settings.tls_certificate is None:
        return None
    paths = [path for path in files if path is not None]
    return WatchedFiles("tls", paths, lambda: read_tls(settings), metrics)


def server_credentials(settings: AccessSettings, metrics: Metrics) -> grpc.ServerCredentials | None:
    """TLS, mutual if an authority is set; `None` where plain text on loopback is configured.

    Every handshake is done with the files of that moment, connections that stand are left alone.

    Raises:
        TlsError, OSError: as `read_tls`.
    """
    watched = watch_tls(settings, metrics)
    if watched is None:
        return None
    files = watched
    metrics.follow(CERTIFICATE_REMAINING, lambda: (files.value.expires_s - time.time()) * 1_000)
    mutual = settings.tls_authority is not None and settings.tls_mutual
    in_use = files.value

    def changed() -> grpc.ServerCertificateConfiguration | None:
        nonlocal in_use
        newest = files.value
        if newest is in_use:
            return None
        in_use = newest
        return _configuration(newest, mutual=mutual)

    return grpc.dynamic_ssl_server_credentials(
        _configuration(in_use, mutual=mutual),
        changed,  # type: ignore[arg-type]  # `None` means no change
        require_client_authentication=mutual,
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


def _configuration(files: TlsFiles, *, mutual: bool) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration(
        [(files.key, files.certificate)], root_certificates=files.authority if mutual else None
    )
