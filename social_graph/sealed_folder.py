"""Tells a folder of RocksDB files that is whole from one that was cut, changed or left half-made.

RocksDB opens a directory with a damaged MANIFEST as an empty one. So the files of a base are listed
with their hashes in a seal, written last, and nothing is opened that does not match it.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from generation.file_hashes import begin_hashing, file_sha256
from generation.manifest import FileEntry
from serving.errors import StateUnavailableError

SEAL = "seal.json"
SEALED = ("CURRENT", "MANIFEST-*", "*.sst")
"""What RocksDB reads. Its logs and locks change with every opening."""


class DamagedBaseError(StateUnavailableError):
    """The folder is not what was sealed; the message names the file and the cause."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What was in a base when it was complete.

    Attributes:
        generation: Whose records they are.
        keys: Number of records, without the sentinel.
    """

    generation: str
    keys: int
    files: dict[str, FileEntry]


def write_seal(folder: Path, generation: str, keys: int) -> None:
    """Seal the files that lie in `folder` now."""
    files = {
        path.name: FileEntry(file_sha256(path), path.stat().st_size, 0)
        for path in _files_to_seal(folder)
    }
    (folder / SEAL).write_text(json.dumps(asdict(Seal(generation, keys, files)), indent=1))


def require_seal(folder: Path, generation: str, keys: int) -> None:
    """Check that `folder` holds exactly what was sealed for `generation`, every byte.

    Raises:
        DamagedBaseError: it does not.
    """
    seal = _read_seal(folder / SEAL)
    if (seal.generation, seal.keys) != (generation, keys):
        raise DamagedBaseError(
            f"{folder} was sealed for generation {seal.generation} with {seal.keys} keys, "
            f"need {generation} with {keys}"
        )
    unknown = {path.name for path in _files_to_seal(folder)} - set(seal.files)
    if unknown:
        raise DamagedBaseError(f"{folder / min(unknown)} is not in the seal")
    entries = {folder / name: entry for name, entry in seal.files.items()}
    for path, entry in entries.items():
        _require_size(path, entry)
    for (path, entry), sha256 in zip(entries.items(), begin_hashing(entries), strict=True):
        if sha256.result() != entry.sha256:
            raise DamagedBaseError(f"{path} differs from the seal's SHA-256")


def _require_size(path: Path, entry: FileEntry) -> None:
    if not path.is_file():
        raise DamagedBaseError(f"{path} is missing")
    size = path.stat().st_size
    if size != entry.bytes:
        raise DamagedBaseError(f"{path} has {size} bytes, the seal says {entry.bytes}")


def _read_seal(path: Path) -> Seal:
    try:
        contents = json.loads(path.read_text())
        files = {name: FileEntry(**entry) for name, entry in contents["files"].items()}
        return Seal(contents["generation"], contents["keys"], files)
    except FileNotFoundError:
        raise DamagedBaseError(f"{path} is missing: the load was not finished") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DamagedBaseError(f"{path} is not a seal: {error}") from error


def _files_to_seal(folder: Path) -> list[Path]:
    return sorted(path for pattern in SEALED for path in folder.glob(pattern))
