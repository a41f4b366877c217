"""The secret that page tokens are signed with: made at first start, readable by its owner only."""

import os
import secrets
from pathlib import Path

KEY_FILE = "page_token.key"
KEY_BYTES = 32


def token_key(home: Path) -> bytes:
    """The key in `home`, made if there is none. Processes that start together agree on one.

    Raises:
        ValueError: the file does not hold a key.
    """
    path = home / KEY_FILE
    if not path.exists():
        _make(path)
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise ValueError(f"{path} has {len(key)} bytes, a key has {KEY_BYTES}")
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)  # unlike rename, it never replaces the key of another process
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
