"""Manifests and the signatures beside them, as a broken or hostile copy could bring them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from generation import layout
from generation.manifest import InvalidGenerationError, Manifest, verify
from generation.manifest_signature import sign_manifest, trusted_manifest
from generation.trusted_keys import SigningKey, TrustedKeys
from serving.bus.topics import ACTIONS
from tests.fuzz.target import Target, Try
from tests.generation.tiny_generation import write_tiny_generation

BETWEEN = b"\0"
"""Ends the manifest and begins the signatures."""


def seeds() -> Iterator[bytes]:
    with tempfile.TemporaryDirectory() as name:
        folder = write_tiny_generation(Path(name))
        raw = (folder / layout.MANIFEST).read_bytes()
        yield raw
        sign_manifest(folder, SigningKey.make(Path(name) / "key.pem"))
        yield raw[:200] + BETWEEN + (folder / layout.SIGNATURES).read_bytes()
        manifest = Manifest.parse(raw, folder)
        manifest.files.clear()
        manifest.bus_positions["bus-1"] = {ACTIONS.name: {"0": 17}}
        manifest.write(Path(name))
        yield (Path(name) / layout.MANIFEST).read_bytes()


@contextmanager
def opened() -> Iterator[Try]:
    with tempfile.TemporaryDirectory() as name:
        key = SigningKey.make(Path(name) / "key.pem")
        lines = Path(name) / "trusted"
        lines.write_text(key.trusted_line)
        trusted = TrustedKeys.read(lines)
        folder = Path(name) / "generation"
        folder.mkdir()

        def attempt(data: bytes) -> None:
            raw, _, signatures = data.partition(BETWEEN)
            (folder / layout.MANIFEST).write_bytes(raw)
            (folder / layout.SIGNATURES).write_bytes(signatures)
            try:
                believed = trusted_manifest(folder, trusted)
            except InvalidGenerationError:
                pass
            else:
                raise AssertionError(f"{believed.name} was signed by nobody")
            try:
                manifest = trusted_manifest(folder, None)
            except InvalidGenerationError:
                return
            _use(manifest, folder)

        yield attempt


def _use(manifest: Manifest, folder: Path) -> None:
    """What every service does with one."""
    manifest.first_offsets(ACTIONS.name, range(ACTIONS.partitions)).on("bus-1")
    assert manifest.shard_count >= 1
    try:
        verify(folder, manifest)
    except InvalidGenerationError:
        assert manifest.files
    again = Manifest.parse((folder / layout.MANIFEST).read_bytes(), folder)
    manifest.write(folder)
    assert Manifest.read(folder) == again
    assert Manifest.read(folder).name == manifest.name


TARGET = Target("manifests", seeds, opened)
