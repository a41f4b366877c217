"""How a generation appears: written under a temporary name, synced, renamed, then made current."""

import os
import shutil
from pathlib import Path

from generation import layout
from generation.manifest import InvalidGenerationError, Manifest

MAX_NAME_CHARACTERS = 64
READ_ONLY = 0o444
"""Mapped files that change under a server kill it; a new generation is a new folder."""


def publish(working_folder: Path, generations: Path, manifest: Manifest) -> Path:
    """Rename a complete working folder to its generation's name. Publishing it twice is harmless.

    `working_folder` must lie on the same file system as `generations`. The manifest is written
    last: a folder without one is never taken for a generation.

    Returns:
        The generation's folder.
    """
    manifest.write(working_folder)
    for path in sorted(working_folder.rglob("*")):
        if path.is_file():
            path.chmod(READ_ONLY)
        _sync(path)
    target = generations / manifest.name
    if target.exists():
        shutil.rmtree(working_folder)
    else:
        working_folder.rename(target)
    _sync(generations)
    return target


def make_current(generations: Path, name: str) -> None:
    """Point CURRENT at a published generation, by rename."""
    Manifest.read(generations / name)
    temporary = generations / f".{layout.CURRENT}.tmp"
    temporary.write_text(name + "\n")
    _sync(temporary)
    temporary.replace(generations / layout.CURRENT)
    _sync(generations)


def current(generations: Path) -> Path:
    """Folder of the generation in service.

    Raises:
        InvalidGenerationError: CURRENT is missing or names no generation.
    """
    pointer = generations / layout.CURRENT
    if not pointer.is_file():
        raise InvalidGenerationError(f"{pointer} is missing: build a generation first")
    name = pointer.read_text("utf-8", "replace").strip()[:MAX_NAME_CHARACTERS]
    folder = generations / name
    if name in ("", ".", "..") or "/" in name or "\0" in name or not folder.is_dir():
        raise InvalidGenerationError(f"{pointer} names {folder.name}, which is not there")
    return folder


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
