"""The secrets page tokens are signed with, in a file that replicas share and that is rotated.

One line per key: `ID SIGNS_FROM SECRET`, the time in UTC, the secret in hex. All keys are accepted;
the newest whose time has come signs. The time lies ahead when a key is added, so that every
replica knows it before any replica uses it.
"""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

SECRET_BYTES = 32
MAX_KEYS = 8
TIME = "%Y-%m-%dT%H:%M:%SZ"


class KeyRingError(ValueError):
    """The file is damaged, or has no room; names the line and never what it holds."""


@dataclass(frozen=True, slots=True)
class RingKey:
    """One secret; `signs_from_s` in Unix seconds."""

    key_id: str
    signs_from_s: int
    secret: bytes


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys, oldest first; never empty."""

    keys: Sequence[RingKey]

    def signing(self, now_s: float) -> RingKey:
        """The newest key whose time has come; the oldest while none has."""
        due = [key for key in self.keys if key.signs_from_s <= now_s]
        return due[-1] if due else self.keys[0]

    def rotated(self, now_s: int, delay_s: int, leeway_s: int) -> "KeyRing":
        """With a new key that signs after `delay_s`, and without keys that nothing needs.

        Args:
            leeway_s: How long what a key has signed may still come back.

        Raises:
            KeyRingError: as many are needed as there may be; says from when on one is not.
        """
        last = self.signing(now_s - leeway_s)
        kept = self.keys[self.keys.index(last) :]
        if len(kept) >= MAX_KEYS:
            free = time_text(kept[1].signs_from_s + leeway_s)
            raise KeyRingError(
                f"{len(kept)} keys are in use, limit {MAX_KEYS}: rotate again after {free}"
            )
        return KeyRing([*kept, new_key(now_s + delay_s)])

    @staticmethod
    def read(path: Path) -> "KeyRing":
        """Read the file.

        Raises:
            KeyRingError: a line is wrong, or the number of keys.
            OSError: it cannot be read.
        """
        lines = path.read_bytes().decode("utf-8", "replace").splitlines()
        keys = [
            _parsed(line, f"{path.name}, line {number}")
            for number, line in enumerate(lines, 1)
            if line.strip() and not line.startswith("#")
        ]
        if not 1 <= len(keys) <= MAX_KEYS:
            raise KeyRingError(f"{path.name} has {len(keys)} keys, need 1 to {MAX_KEYS}")
        return KeyRing(sorted(keys, key=lambda key: key.signs_from_s))

    def write(self, path: Path, *, replace: bool) -> None:
        """Write the file whole or not at all, readable by its owner only.

        Raises:
            FileExistsError: it is there and may not be replaced.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.writelines(f"{_line(key)}\n" for key in self.keys)
            file.flush()
            os.fsync(file.fileno())
        try:
            if replace:
                temporary.replace(path)
            else:
                os.link(temporary, path)  # unlike a rename, it fails if another process was first
        finally:
            temporary.unlink(missing_ok=True)


def new_key(signs_from_s: int) -> RingKey:
    return RingKey(secrets.token_hex(4), signs_from_s, secrets.token_bytes(SECRET_BYTES))


def time_text(unix_s: float) -> str:
    """As times are written in the file."""
    return datetime.fromtimestamp(unix_s, UTC).strftime(TIME)


def _line(key: RingKey) -> str:
    return f"{key.key_id} {time_text(key.signs_from_s)} {key.secret.hex()}"


def _parsed(line: str, place: str) -> RingKey:
    try:
        key_id, time, secret = line.split()
        signs_from = datetime.strptime(time, TIME).replace(tzinfo=UTC)
        key = RingKey(key_id, int(signs_from.timestamp()), bytes.fromhex(secret))
    except ValueError:
        raise KeyRingError(f"{place}: no `ID SIGNS_FROM SECRET`") from None
    if len(key.secret) != SECRET_BYTES:
        raise KeyRingError(f"{place}: the secret has {len(key.secret)} bytes, not {SECRET_BYTES}")
    return key
