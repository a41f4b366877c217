"""The generation that a process serves, as its settings say: which one, and signed by whom."""

from pathlib import Path

from generation.manifest import Manifest
from generation.manifest_signature import trusted_manifest
from generation.publish import current
from generation.trusted_keys import TrustedKeys
from serving.settings import CommonSettings


def generation_in_service(settings: CommonSettings) -> tuple[Path, Manifest]:
    """Its folder and manifest; files are not checked yet.

    Raises:
        InvalidGenerationError: there is none, or nobody who is trusted signed it.
        ValueError, OSError: the file of trusted keys is damaged.
    """
    folder = current(settings.generations)
    path = settings.generation_keys
    return folder, trusted_manifest(folder, TrustedKeys.read(path) if path else None)
