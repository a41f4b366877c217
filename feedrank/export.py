"""What happened live, as canonical tables: the next build includes it, once.

A data folder remembers in `dataset.json` how far it has read each bus. An export reads from there
to the end, changes the tables, and writes the new offsets last. One that is cut short leaves the
old offsets, so that the next one does the same again, which changes nothing twice.
"""

import fcntl
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from feedrank.exporting.bus_positions import FolderPositions
from feedrank.exporting.bus_reading import DecodeRow, ReadTopic, read_topic
from feedrank.exporting.changes import changes, create_views
from feedrank.exporting.decoding import ACTION_SCHEMA, ITEM_SCHEMA, action_row, item_row
from feedrank.exporting.table_change import apply_change, put_in_place
from generation.bus_positions import offsets_of
from serving.bus.bus import Bus
from serving.bus.topics import ACTIONS, Topic, items
from tables.dataset import FILE_NAME, Dataset
from tables.engine import connect, parquet, single
from tables.errors import DatasetError

SCRATCH = ".export-"


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export did.

    Attributes:
        read: Messages by topic.
        unreadable: Messages by topic that make no sense and were left out.
        added, removed: Rows by table; tables that did not change are left out.
    """

    read: dict[str, int] = field(default_factory=dict)
    unreadable: dict[str, int] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)
    removed: dict[str, int] = field(default_factory=dict)


async def export_bus(bus: Bus, data: Path, shard_count: int) -> ExportReport:
    """Append to the data folder `data` what the bus says and the folder does not know yet.

    Args:
        bus: Started; for an embedded log no server may run on it.
        shard_count: Shards of the generation in service, and so partitions of the topic of items.

    Raises:
        DatasetError: `data` is no data folder, or another export is at work on it.
        BusUnavailableError: the bus does not answer; nothing was changed.
        PreconditionError: the folder has read further than this bus goes: the bus lost messages,
            or the folder does not say which bus it has read, and it was another one.
    """
    dataset = Dataset.open(data)
    with _alone(data), tempfile.TemporaryDirectory(prefix=SCRATCH, dir=data) as scratch:
        said = json.loads((data / FILE_NAME).read_text(encoding="utf-8"))
        known = FolderPositions.of(said, await bus.identity())
        topic = items(shard_count)
        actions = await _read(bus, ACTIONS, known, action_row, Path(scratch))
        changed_items = await _read(bus, topic, known, item_row, Path(scratch))
        report = ExportReport(
            {ACTIONS.name: actions.rows, topic.name: changed_items.rows},
            {ACTIONS.name: actions.unreadable, topic.name: changed_items.unreadable},
        )
        reached = {ACTIONS.name: _named(actions), topic.name: _named(changed_items)}
        if any(reached[name] != known.offsets.get(name) for name in reached):
            latest_ms = _change_tables(dataset, actions, changed_items, known, report, scratch)
            said["data_time_ms"] = max(said["data_time_ms"], latest_ms)
            _write(data / FILE_NAME, known.moved(said, reached), Path(scratch))
    return report


async def _read(
    bus: Bus, topic: Topic, known: FolderPositions, decode: DecodeRow, scratch: Path
) -> ReadTopic:
    start = offsets_of(known.offsets.get(topic.name, {}))
    schema = ACTION_SCHEMA if topic == ACTIONS else ITEM_SCHEMA
    rows_path = scratch / f"{topic.name}.rows"
    return await read_topic(bus, topic, start, decode, schema, rows_path)


def _change_tables(
    dataset: Dataset,
    actions: ReadTopic,
    changed_items: ReadTopic,
    known: FolderPositions,
    report: ExportReport,
    scratch: str,
) -> int:
    """Apply all changes; returns the time of the latest action or creation, 0 without one."""
    live_name = known.live_name()
    with connect(Path(scratch) / "spill") as connection:
        rows, item_rows = parquet(actions.rows_path), parquet(changed_items.rows_path)
        create_views(connection, dataset, rows, item_rows, live_name)
        for change in changes():
            removed, added = apply_change(connection, dataset, change, live_name, Path(scratch))
            if removed:
                report.removed[change.table] = removed
            if added:
                report.added[change.table] = added
        action_ms = single(connection, f"SELECT max(occurred_ms) FROM {rows}") or 0
        item_ms = single(connection, "SELECT max(created_ms) FROM item_events") or 0
    return max(action_ms, item_ms)


def _named(read: ReadTopic) -> dict[str, int]:
    return {str(partition): offset for partition, offset in sorted(read.next_offsets.items())}


def _write(path: Path, said: dict[str, Any], scratch: Path) -> None:
    new = scratch / FILE_NAME
    new.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    put_in_place(new, path)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Keep other exports out of a data folder."""
    with (data / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DatasetError(f"{data}: another export is at work on it") from None
        for left_behind in data.glob(f"{SCRATCH}*"):
            shutil.rmtree(left_behind)
        yield
