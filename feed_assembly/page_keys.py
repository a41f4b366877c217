"""Where a replica finds the secrets of page tokens: in the settings, a shared file, or its home."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from feed_assembly.key_ring import SECRET_BYTES, KeyRing, RingKey, new_key
from serving.metrics_recorder import Metrics
from serving.watched_files import WatchedFiles

RING_FILE = "page_token.keys"
SINGLE_KEY_FILE = "page_token.key"
"""What homes had before there were rings: the secret alone."""


class PageKeys(Protocol):
    """Secrets that page tokens are signed and checked with."""

    def signing(self) -> bytes:
        """The one that signs now."""
        ...

    def accepted(self) -> Sequence[bytes]:
        """All that may have signed, the newest first."""
        ...


class OneKey:
    """A secret that stays."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def signing(self) -> bytes:
        return self._secret

    def accepted(self) -> Sequence[bytes]:
        return (self._secret,)


class WatchedRing:
    """The secrets of a file, read again when it changes."""

    def __init__(
        self, path: Path, metrics: Metrics, now_s: Callable[[], float] = time.time
    ) -> None:
        """Read the file.

        Raises:
            KeyRingError, OSError: as `KeyRing.read`.
        """
        self._files = WatchedFiles("page_token_keys", [path], lambda: KeyRing.read(path), metrics)
        self._now_s = now_s

    def signing(self) -> bytes:
        return self._files.value.signing(self._now_s()).secret

    def accepted(self) -> Sequence[bytes]:
        return [key.secret for key in reversed(self._files.value.keys)]


def keys_at_home(home: Path, metrics: Metrics) -> WatchedRing:
    """The ring in `home`, made if there is none. Processes that start together agree on one.

    Raises:
        ValueError: the file does not hold keys.
    """
    path = home / RING_FILE
    if not path.exists():
        with suppress(FileExistsError):
            KeyRing([_first_key(home / SINGLE_KEY_FILE)]).write(path, replace=False)
    return WatchedRing(path, metrics)


def _first_key(single: Path) -> RingKey:
    """The key of a home from before, so that its tokens stay good; else a new one."""
    key = new_key(0)
    if not single.exists():
        return key
    secret = single.read_bytes()
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"{single.name} has {len(secret)} bytes, a key has {SECRET_BYTES}")
    return RingKey(key.key_id, 0, secret)
