"""What a process shows to the servers it calls: its certificate, its token, or nothing."""

from collections.abc import Sequence
from typing import Any

import grpc

from serving.access.settings import AccessSettings
from serving.metrics_recorder import Metrics
from serving.renewed_channel import RenewedChannel
from serving.tls import watch_tls
from serving.tls_files import TlsFiles
from serving.tls_probe import plain_text_problem, shown_by, tls_problem
from serving.watched_files import WatchedFiles

MAX_TOKEN_BYTES = 8_192
PROBE_S = 2.0
"""A probe occupies a thread for so long at most, also while the process ends."""

Options = Sequence[tuple[str, Any]]


class Outgoing:
    """The credentials of all channels of one process, as they are in their files by now."""

    def __init__(self, settings: AccessSettings, metrics: Metrics) -> None:
        """Read the files.

        Raises:
            ValueError, OSError: they are damaged.
        """
        # Without an authority nobody could be believed to be who was called.
        self._shown = shown_by(settings)
        self._tls = watch_tls(settings, metrics) if settings.tls_authority else None
        self._token: WatchedFiles[str] | None = None
        path = settings.caller_token
        if path is not None:
            self._token = WatchedFiles(
                "caller_token", [path], lambda: _token(path.read_bytes()), metrics
            )

    def channel(
        self, address: str, options: Options, interceptors: Sequence[Any] = ()
    ) -> grpc.aio.Channel:
        """A channel that shows all of it; plain text without an authority."""
        if self._tls is None:
            return grpc.aio.insecure_channel(address, options=options, interceptors=interceptors)
        token = self._token

        def open_channel(files: TlsFiles) -> grpc.aio.Channel:
            return grpc.aio.secure_channel(
                address, _credentials(files), options=options, interceptors=interceptors
            )

        return RenewedChannel(self._tls, open_channel, lambda: token.value if token else None)

    async def problem(self, host: str, port: int, name: str) -> str | None:
        """Why no connection to a server comes about, in one line; `None` where one does.

        Args:
            name: That its certificate must be for.
        """
        if self._tls is None:
            return await plain_text_problem(host, port, PROBE_S)
        return await tls_problem(host, port, name, self._shown, PROBE_S)


def _credentials(files: TlsFiles) -> grpc.ChannelCredentials:
    """TLS towards servers of our authority, showing our certificate."""
    return grpc.ssl_channel_credentials(files.authority, files.key, files.certificate)


def _token(raw: bytes) -> str:
    text = raw.decode("ascii", "replace").strip()
    if not text or len(raw) > MAX_TOKEN_BYTES or not text.isprintable() or "\ufffd" in text:
        raise ValueError("the file holds no token")
    return text
