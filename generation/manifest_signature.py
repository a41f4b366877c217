"""Signatures of a manifest: who built a generation, and that nobody has changed it since.

They lie beside the manifest, one line per key, so that a generation may be signed again by the next
key. The manifest has the hash of every file, so its signature stands for all of them.
"""

import base64
import binascii
import os
from pathlib import Path

from generation import layout
from generation.manifest import InvalidGenerationError, Manifest, check_name
from generation.trusted_keys import SigningKey, TrustedKeys

MAX_BYTES = 65_536
_PURPOSE = b"feedrank manifest\0"


def sign_manifest(folder: Path, key: SigningKey) -> None:
    """Add the signature of `key`, in place of an earlier one of its own.

    Raises:
        InvalidGenerationError: the folder holds no generation, or another than its name says.
        OSError: it cannot be written there.
    """
    raw = _read(folder / layout.MANIFEST)
    check_name(folder, Manifest.parse(raw, folder / layout.MANIFEST))
    path = folder / layout.SIGNATURES
    lines = path.read_text("ascii").splitlines() if path.exists() else []
    kept = [line for line in lines if line.partition(" ")[0] != key.key_id]
    signature = base64.b64encode(key.sign(_PURPOSE + raw)).decode()
    _replace(path, "\n".join([*kept, f"{key.key_id} {signature}", ""]))


def trusted_manifest(folder: Path, trusted: TrustedKeys | None) -> Manifest:
    """The manifest of a generation, which a trusted key signed; `None` asks for no signature.

    Raises:
        InvalidGenerationError: there is none, nobody trusted signed it, or the folder's name is
            not that of its contents.
    """
    path = folder / layout.MANIFEST
    raw = _read(path)
    if trusted is not None:
        signatures = _signatures(folder / layout.SIGNATURES)
        # What is checked and what is read are the same bytes, whatever happens to the file.
        if not any(trusted.verify(key, sign, _PURPOSE + raw) for key, sign in signatures):
            keys = ", ".join(key for key, _ in signatures) or "nobody"
            raise InvalidGenerationError(f"{path} is signed by {keys}: no key that is trusted here")
    manifest = Manifest.parse(raw, path)
    if trusted is not None:
        check_name(folder, manifest)
    return manifest


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise InvalidGenerationError(f"{path} is missing") from None


def _signatures(path: Path) -> list[tuple[str, bytes]]:
    """Key ids and signatures; a line that is none of them counts for nothing."""
    found = []
    try:
        lines = path.read_bytes()[:MAX_BYTES].decode("ascii", "replace").splitlines()
    except OSError:
        return []
    for line in lines:
        key, _, text = line.partition(" ")
        try:
            found.append((key, base64.b64decode(text, validate=True)))
        except (ValueError, binascii.Error):
            continue
    return found


def _replace(path: Path, text: str) -> None:
    """By rename: readers see the old signatures or the new, also after a power cut."""
    temporary = path.with_suffix(f".{os.getpid()}")
    with temporary.open("w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
