"""How a generation appears: written under a temporary name, synced, renamed, then made current."""

import itertools
import os
import shutil
from pathlib import Path

import structlog

from generation import layout
from generation.manifest import InvalidGenerationError, Manifest, check_name, verify

MAX_NAME_CHARACTERS = 64
READ_ONLY = 0o444
"""Mapped files that change under a server kill it; a new generation is a new folder."""

log = structlog.get_logger()


def publish(working_folder: Path, generations: Path, manifest: Manifest) -> Path:
    """Rename a complete working folder to its generation's name.

    The same data make the same name. A generation of that name that is whole stays, and the working
    folder goes; one that is damaged is set aside, beside it, and what is mapped of it stays mapped.

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
    if target.exists() and not _is_whole(target):
        _set_aside(target)
    if target.exists():
        shutil.rmtree(working_folder)
    else:
        working_folder.rename(target)
    _sync(generations)
    return target


def make_current(generations: Path, name: str) -> None:
    """Point CURRENT at a published generation, by rename.

    Raises:
        InvalidGenerationError: there is none of that name.
    """
    check_name(generations / name, Manifest.read(generations / name))
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


def _is_whole(folder: Path) -> bool:
    try:
        verify(folder, Manifest.read(folder))
    except InvalidGenerationError as error:
        log.warning("generation is damaged", cause=str(error))
        return False
    return True


def _set_aside(folder: Path) -> None:
    aside = (folder.with_name(f"{folder.name}.damaged-{n}") for n in itertools.count(1))
    folder.rename(next(path for path in aside if not path.exists()))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
