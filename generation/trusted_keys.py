"""Ed25519 keys: a private one that signs, and a file of public ones that are believed.

A file of trusted keys has one line per key, `KEY_ID BASE64`; the id is the hash of the key, so a
file is what people compare. Keys are rotated by adding the new line everywhere, signing with the
new key, and removing the old line.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

MAX_KEYS = 64


class KeyFileError(ValueError):
    """A file of keys is damaged or of another kind; the message says so without its contents."""


class SigningKey:
    """A private key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self.private = key
        self.key_id = key_id(key.public_key())

    @staticmethod
    def read(path: Path) -> "SigningKey":
        """Read a PEM file.

        Raises:
            KeyFileError: it does not hold an Ed25519 private key without a password.
            OSError: it cannot be read.
        """
        try:
            key = load_pem_private_key(path.read_bytes(), None)
        except (ValueError, TypeError):
            raise KeyFileError(f"{path.name} is no private key in PEM") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyFileError(f"{path.name} is no Ed25519 key")
        return SigningKey(key)

    @staticmethod
    def make(path: Path) -> "SigningKey":
        """Write a new key that only its owner can read.

        Raises:
            FileExistsError: a key is there already; it is never replaced.
        """
        key = Ed25519PrivateKey.generate()
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
        return SigningKey(key)

    @property
    def trusted_line(self) -> str:
        """The line of its public half in a file of trusted keys."""
        return f"{self.key_id} {base64.b64encode(_raw(self.private.public_key())).decode()}"

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self.private.sign(message)


class TrustedKeys:
    """Public keys by id."""

    def __init__(self, keys: Mapping[str, Ed25519PublicKey]) -> None:
        self._keys = keys

    @staticmethod
    def read(path: Path) -> "TrustedKeys":
        """Read a file of trusted keys; empty lines and lines that begin with `#` are comments.

        Raises:
            KeyFileError: naming the line that is wrong.
            OSError: it cannot be read.
        """
        keys = {}
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                key = _public_key(line, f"{path.name}, line {number}")
                keys[key_id(key)] = key
        if not 1 <= len(keys) <= MAX_KEYS:
            raise KeyFileError(f"{path.name} has {len(keys)} keys, need 1 to {MAX_KEYS}")
        return TrustedKeys(keys)

    def get(self, name: str) -> Ed25519PublicKey | None:
        """The key with this id."""
        return self._keys.get(name)

    def verify(self, name: str, signature: bytes, message: bytes) -> bool:
        """Whether the key with this id is trusted and signed the message."""
        key = self._keys.get(name)
        if key is None:
            return False
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


def key_id(key: Ed25519PublicKey) -> str:
    """Sixteen hex digits that follow from the key."""
    return hashlib.sha256(_raw(key)).hexdigest()[:16]


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes_raw()


def _public_key(line: str, place: str) -> Ed25519PublicKey:
    name, _, text = line.strip().partition(" ")
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error):
        raise KeyFileError(f"{place}: no `KEY_ID BASE64` of an Ed25519 key") from None
    if key_id(key) != name:
        raise KeyFileError(f"{place}: the id is not that of the key")
    return key
