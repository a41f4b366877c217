"""Turns the generation's sorted graph files into a RocksDB that can be read, once per generation.

RocksDB's own files are not reproducible, so a generation holds plain sorted ones. They become SST
files, are taken in whole, sealed, and the folder appears under its name by one rename: an
interrupted load leaves a folder that nobody looks at.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import structlog
from rocksdict import IngestExternalFileOptions, Rdict, SstFileWriter

from generation import layout
from generation.arrow_file import MappedTable
from generation.manifest import InvalidGenerationError, Manifest, verify
from social_graph.graph_base import SENTINEL_KEY, GraphBase, base_options, open_base
from social_graph.sealed_folder import DamagedBaseError, write_seal

BASE = "base"
BUILDING = ".base-building"
ROWS_AT_ONCE = 16_384
"""Records held as Python objects while a file is written."""

log = structlog.get_logger()


def load_base(generation_folder: Path, manifest: Manifest, folder: Path) -> GraphBase:
    """Open the base in `folder`, after making it if it is not there or not whole.

    Reads the whole base once, and at first start writes it: call it from a thread where a loop is
    running. One process at a time may own `folder`.

    Raises:
        InvalidGenerationError: a graph file is missing, damaged, or its keys are out of order.
        StateUnavailableError: the base cannot be opened although it was just made.
    """
    parts = graph_parts(manifest)
    keys = sum(manifest.files[name].rows for name in parts)
    base = folder / BASE
    if base.exists():
        try:
            return open_base(base, manifest.name, keys)
        except DamagedBaseError as damage:
            log.warning("graph base is made anew", cause=str(damage))
            shutil.rmtree(base)
    verify(generation_folder, manifest, lambda name: name in parts)
    building = folder / BUILDING
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    _write_base(building, [generation_folder / name for name in parts], manifest, keys)
    building.rename(base)
    _sync(folder)
    return open_base(base, manifest.name, keys)


def graph_parts(manifest: Manifest) -> list[str]:
    """Names of the generation's graph files, in key order.

    Raises:
        InvalidGenerationError: one is missing from the list, or there is none.
    """
    names = sorted(name for name in manifest.files if name.startswith(f"{layout.GRAPH}/"))
    expected = [layout.GRAPH_PART.format(part=number) for number in range(len(names))]
    if not names or names != expected:
        raise InvalidGenerationError(
            f"generation {manifest.name} lists the graph files {names}, need consecutive parts"
        )
    return names


def _write_base(building: Path, parts: list[Path], manifest: Manifest, keys: int) -> None:
    tables = building / "ingest"
    tables.mkdir()
    sentinel = tables / "sentinel.sst"
    _write_table(sentinel, iter([(SENTINEL_KEY, manifest.name.encode())]))
    written, last_key = [sentinel], SENTINEL_KEY
    for number, part in enumerate(parts):
        table = _open_part(part)
        if len(table) != manifest.files[layout.GRAPH_PART.format(part=number)].rows:
            raise InvalidGenerationError(f"{part} has {len(table)} rows, not what its entry says")
        if len(table):
            path = tables / f"{number:05d}.sst"
            last_key = _write_table(path, _records(table, last_key))
            written.append(path)
    _ingest(building, written)
    shutil.rmtree(tables)
    write_seal(building, manifest.name, keys)
    for path in building.iterdir():
        _sync(path)
    _sync(building)


def _open_part(part: Path) -> MappedTable:
    try:
        return MappedTable(part)
    except ValueError as error:
        raise InvalidGenerationError(f"{part}: {error}") from error


def _records(table: MappedTable, last_key: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of one file; all keys must be greater than `last_key` and ascend."""
    keys, values = table.strings("key"), table.strings("value")
    for start in range(0, len(table), ROWS_AT_ONCE):
        for key, value in zip(
            keys.slice(start, ROWS_AT_ONCE).to_pylist(),
            values.slice(start, ROWS_AT_ONCE).to_pylist(),
            strict=True,
        ):
            if key <= last_key:
                raise InvalidGenerationError(f"{table.path}: key {key!r} follows {last_key!r}")
            last_key = key
            yield key, value


def _write_table(path: Path, records: Iterator[tuple[bytes, bytes]]) -> bytes:
    """Write one SST file; returns its last key."""
    writer = SstFileWriter(base_options())
    writer.open(str(path))
    last_key = b""
    for last_key, value in records:
        writer[last_key] = value
    writer.finish()
    return last_key


def _ingest(folder: Path, tables: list[Path]) -> None:
    options = IngestExternalFileOptions()
    options.set_move_files(True)
    database = Rdict(str(folder), base_options(create=True))
    try:
        database.ingest_external_file([str(path) for path in tables], options)
    finally:
        database.close()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
