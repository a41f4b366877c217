"""Finds the file or folder that holds each table, and refuses a table found twice."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from tables.errors import SourceFileError

ENDINGS = (".parquet", ".csv", ".csv.gz", ".tsv", ".tsv.gz")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of the input: where it is, and the name it goes by in reports."""

    path: Path
    label: str


def find_source_files(folder: Path, stem: str) -> list[SourceFile]:
    """The files of one table, in name order; empty where there are none.

    Args:
        folder: The input.
        stem: Name without ending; may end in `*`.

    Raises:
        SourceFileError: two files or folders claim to be the table, or its folder has no files.
    """
    found = [path for path in sorted(folder.iterdir()) if _is_table(path, stem)]
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise SourceFileError(str(folder), f"more than one file for {stem!r}: {names}; keep one")
    if not found:
        return []
    if found[0].is_file():
        return [SourceFile(found[0], found[0].name)]
    parts = [path for path in sorted(found[0].iterdir()) if _ending(path) is not None]
    if not parts:
        raise SourceFileError(found[0].name, f"the folder has no file ending in {_or(ENDINGS)}")
    return [SourceFile(path, f"{found[0].name}/{path.name}") for path in parts]


def _is_table(path: Path, stem: str) -> bool:
    if path.is_dir():
        return fnmatchcase(path.name, stem)
    ending = _ending(path)
    return ending is not None and fnmatchcase(path.name.removesuffix(ending), stem)


def _ending(path: Path) -> str | None:
    """The known ending of a file, the longest where several fit; hidden files have none."""
    if path.is_dir() or path.name.startswith((".", "_")):
        return None
    return next((e for e in sorted(ENDINGS, key=len, reverse=True) if path.name.endswith(e)), None)


def _or(words: tuple[str, ...]) -> str:
    return ", ".join(words[:-1]) + " or " + words[-1]
