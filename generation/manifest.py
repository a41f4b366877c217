"""The manifest: what a generation is, and the only thing a reader believes about its files.

`Manifest.name` is the hash of everything in it but times, so that the same inputs give the same
name. `verify` checks size and SHA-256 of files before anybody maps them.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

from generation import layout
from generation.bus_positions import BusPositions, FirstOffsets, TopicOffsets, offsets_of
from generation.file_hashes import begin_hashing, file_sha256
from generation.manifest_check import check_contents

FORMAT = 1


class InvalidGenerationError(Exception):
    """A generation is missing, incomplete or damaged; the message names the file and the cause."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file: `sha256` in hex, size in bytes, rows (0 where it has none)."""

    sha256: str
    bytes: int
    rows: int


@dataclass(frozen=True)
class Manifest:
    """What a generation is.

    Attributes:
        data_time_ms: Unix ms up to which the data goes; every counter and age is as of then.
        clock: `data` (time runs on from `data_time_ms`) or `wall`; the default of servers.
        authors_are_viewers: Whether author ids and viewer ids name the same people.
        has_impressions: Whether the data reports what was shown.
        shard_count: Shards; an item is in shard `partition_of(item_id, shard_count)`.
        embedding_dim, embedding_version: Width and name of the vector space.
        fold_in_alpha, fold_in_regularization: Parameters of implicit ALS, for the viewer fold-in.
        item_schema, feature_schema: Hashes of `generation.item_columns` and `features`.
        bus_offsets: topic -> partition -> offset of the first message not covered by the data, on
            a bus that the data does not name; see `bus_positions`.
        bus_positions: The same for every bus that the data names, by its identity.
        largest_norm: Largest norm of an item vector, used by the norm-augmented index.
        quality: Figures people look at first; the rest is in `report.json`.
        built_ms: Unix ms when it was built; not part of the name.
    """

    data_time_ms: int
    clock: str
    authors_are_viewers: bool
    has_impressions: bool
    shard_count: int
    embedding_dim: int
    embedding_version: str
    fold_in_alpha: float
    fold_in_regularization: float
    item_schema: str
    feature_schema: str
    largest_norm: float
    bus_offsets: TopicOffsets
    quality: dict[str, float]
    builder_version: str
    built_ms: int
    files: dict[str, FileEntry] = field(default_factory=dict)
    format: int = FORMAT
    bus_positions: BusPositions = field(default_factory=dict)

    @cached_property
    def name(self) -> str:
        """Twelve hex digits that identify the contents. Hashed once: services ask for it often."""
        contents = asdict(self)
        del contents["built_ms"]
        if not self.bus_positions:  # generations from before there were any keep their names
            del contents["bus_positions"]
        return hashlib.sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest()[:12]

    def first_offsets(self, topic: str, partitions: Sequence[int]) -> FirstOffsets:
        """From where a consumer replays `topic` on top of this generation."""
        return FirstOffsets(
            tuple(partitions),
            {bus: offsets_of(said.get(topic, {})) for bus, said in self.bus_positions.items()},
            offsets_of(self.bus_offsets.get(topic, {})),
        )

    def write(self, folder: Path) -> None:
        (folder / layout.MANIFEST).write_text(json.dumps(asdict(self), indent=1, sort_keys=True))

    @staticmethod
    def read(folder: Path) -> "Manifest":
        """Parse the manifest of a generation folder; files are not checked yet.

        Raises:
            InvalidGenerationError: there is none, or it is not one of ours.
        """
        path = folder / layout.MANIFEST
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            raise InvalidGenerationError(f"{path} is missing") from None
        return Manifest.parse(raw, path)

    @staticmethod
    def parse(raw: bytes, path: Path) -> "Manifest":
        """The manifest with these contents; `path` is for messages.

        Raises:
            InvalidGenerationError: it is not one of ours, or names files outside of its folder.
        """
        try:
            contents = json.loads(raw)
            check_contents(contents)
            contents["files"] = {
                name: FileEntry(**entry) for name, entry in contents["files"].items()
            }
            manifest = Manifest(**contents)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise InvalidGenerationError(f"{path} is not a manifest: {error}") from error
        if manifest.format != FORMAT:
            raise InvalidGenerationError(
                f"{path} has format {manifest.format}, this code reads {FORMAT}"
            )
        for name in manifest.files:
            if name.startswith("/") or ".." in name.split("/"):
                raise InvalidGenerationError(f"{path} names {name}, which is not in its folder")
        return manifest


def check_name(folder: Path, manifest: Manifest) -> None:
    """Refuse a folder that is named as another generation than it holds.

    Raises:
        InvalidGenerationError: names both.
    """
    if manifest.name != folder.resolve().name:
        raise InvalidGenerationError(f"{folder} holds the manifest of {manifest.name}")


def verify(
    folder: Path,
    manifest: Manifest,
    wanted: Callable[[str], bool] = lambda _name: True,
) -> None:
    """Check size and hash of every file whose name is `wanted`.

    Raises:
        InvalidGenerationError: a file is missing, cut or changed; names it.
    """
    entries = {folder / name: entry for name, entry in manifest.files.items() if wanted(name)}
    for path, entry in entries.items():
        if not path.is_file():
            raise InvalidGenerationError(f"{path} is missing")
        size = path.stat().st_size
        if size != entry.bytes:
            raise InvalidGenerationError(
                f"{path} has {size} bytes, the manifest says {entry.bytes}"
            )
    for (path, entry), sha256 in zip(entries.items(), begin_hashing(entries), strict=True):
        if sha256.result() != entry.sha256:
            raise InvalidGenerationError(f"{path} differs from the manifest's SHA-256")


def verify_files(folder: Path, manifest: Manifest, names: Collection[str]) -> None:
    """Check size and hash of these files, all of which the manifest must name.

    Raises:
        InvalidGenerationError: a file is missing, cut, changed or not in the manifest; names it.
    """
    for name in names:
        if name not in manifest.files:
            raise InvalidGenerationError(f"{folder / name} is not in the manifest")
    verify(folder, manifest, names.__contains__)


def entries_of(folder: Path, rows: dict[str, int]) -> dict[str, FileEntry]:
    """Entries of all files below `folder` but the manifest's own; `rows` by relative name."""
    return {
        name: FileEntry(
            file_sha256(folder / name), (folder / name).stat().st_size, rows.get(name, 0)
        )
        for name in sorted(_relative_names(folder))
        if name not in (layout.MANIFEST, layout.SIGNATURES)
    }


def _relative_names(folder: Path) -> Iterable[str]:
    return (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
