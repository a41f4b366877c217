"""Applies actions to viewers' records so that each has its effect once, whatever is killed.

Follows the recipe of `serving/state/offset_journal.py`. A record that cannot be read is set aside,
for people, and an empty one takes its place: one damaged record must not stop everybody's overlay.
What it said comes back with the next generation.
"""

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from candidate_gen.viewer_state.action import ViewerAction
from candidate_gen.viewer_state.apply import apply
from candidate_gen.viewer_state.keys import JOURNAL, viewer_key
from candidate_gen.viewer_state.record import (
    RecordError,
    ViewerRecord,
    empty_record,
    pack,
    unpack,
)
from generation.bus_positions import FirstOffsets
from serving.bus.bus import Message
from serving.state.damaged_record import copy_of
from serving.state.journal_positions import JournalPositions
from serving.state.offset_journal import find_repeats
from serving.state.state_store import StateStore, Update, Versioned

MAX_ACTIONS_PER_WRITE = 15
"""So that a write stays under a megabyte, at 50 KB for the largest of records, and the loop is held
for about a millisecond."""

Batch = Sequence[tuple[Message, ViewerAction]]

log = structlog.get_logger()


class OverlayWriter:
    """Changes the overlay of one generation from some partitions of `actions`.

    Attributes:
        set_aside_count: Damaged records that were set aside.
    """

    def __init__(self, store: StateStore, generation: str, first_offsets: FirstOffsets) -> None:
        """`first_offsets`: those of the first messages the generation lacks."""
        self.set_aside_count = 0
        self._store = store
        self._generation = generation
        self._positions = JournalPositions(store, JOURNAL, generation, first_offsets)

    @property
    def base(self) -> int:
        """Position of offset 0 of the bus; known once positions are loaded."""
        return self._positions.base

    async def load_positions(self, bus_id: str) -> dict[int, int]:
        """Partition -> position of the next message to apply, as the store says.

        Args:
            bus_id: Identity of the bus in service.

        Raises:
            StateUnavailableError: the store did not answer.
        """
        return await self._positions.load(bus_id)

    async def require_kept(self) -> None:
        """See `JournalPositions.require_kept`."""
        await self._positions.require_kept()

    async def apply(self, partition: int, batch: Batch) -> None:
        """Apply messages of one partition, in offset order; those applied before do nothing.

        Raises:
            StateUnavailableError: the store did not answer; the batch may be tried again.
            CheckpointMovedError: begin again at `load_positions`.
        """
        new = [each for each in batch if each[0].offset >= self._positions[partition]]
        for start in range(0, len(new), MAX_ACTIONS_PER_WRITE):
            await self._apply_some(partition, new[start : start + MAX_ACTIONS_PER_WRITE])
            await asyncio.sleep(0)  # let requests in between

    async def _apply_some(self, partition: int, batch: Batch) -> None:
        checkpoint = self._positions.checkpoint_key(partition)
        viewers = list(dict.fromkeys(self._key(action) for _, action in batch))
        memories = [
            (
                self._positions.memory_key(partition, action.viewer_id, action.action_id),
                message.offset,
            )
            for message, action in batch
        ]
        found = await self._store.read([checkpoint, *viewers, *(key for key, _ in memories)])
        self._positions.require(partition, found[0])
        stored = dict(zip(viewers, found[1 : 1 + len(viewers)], strict=True))
        repeats, remembered = find_repeats(memories, found[1 + len(viewers) :])
        next_offset = batch[-1][0].offset + 1
        records = await self._records_in(stored)
        effects = [*self._effects(stored, records, batch, repeats), *remembered]
        await self._positions.write(partition, found[0], effects, next_offset)

    async def _records_in(
        self, stored: Mapping[bytes, Versioned | None]
    ) -> dict[bytes, ViewerRecord]:
        """What is stored, unpacked; empty for what is not there, or cannot be read."""
        records = dict.fromkeys(stored, empty_record())
        for key, found in stored.items():
            if found is not None:
                try:
                    records[key] = unpack(found.value)
                except RecordError as error:
                    await self._set_aside(key, found, error)
        return records

    async def _set_aside(self, key: bytes, damaged: Versioned, error: RecordError) -> None:
        # By itself: a copy that is there from before must not stop the write of the fresh record.
        copy = copy_of(key, damaged)
        (is_new,) = await self._store.write([copy])
        self.set_aside_count += is_new
        log.error("damaged viewer record set aside", key=copy.key.decode(), cause=str(error))

    def _effects(
        self,
        stored: Mapping[bytes, Versioned | None],
        records: Mapping[bytes, ViewerRecord],
        batch: Batch,
        repeats: Sequence[bool],
    ) -> list[Update]:
        """One update per viewer who is changed, all the viewer's actions applied."""
        changed: dict[bytes, tuple[ViewerRecord, int]] = {}
        for (message, action), repeat in zip(batch, repeats, strict=True):
            key = self._key(action)
            before = stored[key]
            if repeat or (before is not None and message.offset < before.version):
                continue
            record = changed[key][0] if key in changed else records[key]
            changed[key] = (apply(record, action), message.offset + 1)
        return [
            Update(key, pack(record), 0 if (old := stored[key]) is None else old.version, version)
            for key, (record, version) in changed.items()
        ]

    def _key(self, action: ViewerAction) -> bytes:
        return viewer_key(self._generation, action.viewer_id)
