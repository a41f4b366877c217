"""The access gate that the settings ask for; its libraries are loaded only if they do."""

from typing import TYPE_CHECKING

from generation.trusted_keys import TrustedKeys
from serving.access.settings import AccessSettings
from serving.metrics_recorder import Metrics
from serving.watched_files import WatchedFiles

if TYPE_CHECKING:
    from serving.access.access_gate import AccessGate


def open_access_gate(settings: AccessSettings, metrics: Metrics) -> "AccessGate | None":
    """The gate; `None` on loopback where nobody can prove who they are: all are local there.

    Raises:
        ValueError, OSError: the file of trusted keys is damaged.
    """
    if not settings.asks_who_calls:
        return None
    from serving.access.access_gate import AccessGate
    from serving.access.caller_tokens import CallerTokens

    path, tokens = settings.caller_keys, None
    if path is not None:
        keys = WatchedFiles("caller_keys", [path], lambda: TrustedKeys.read(path), metrics)
        tokens = CallerTokens(keys)
    return AccessGate(
        settings.callers,
        tokens,
        metrics,
        allow_anonymous=settings.allow_anonymous,
    )
