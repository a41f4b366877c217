"""Applies actions to viewers' records so that each has its effect once, whatever is killed.

Follows the recipe of `serving/state/offset_journal.py`.
"""

import asyncio
from collections.abc import Mapping, Sequence

from candidate_gen.viewer_state.action import ViewerAction
from candidate_gen.viewer_state.apply import apply
from candidate_gen.viewer_state.keys import JOURNAL, viewer_key
from candidate_gen.viewer_state.record import ViewerRecord, empty_record, pack, unpack
from serving.bus.bus import Message
from serving.state.offset_journal import (
    action_key,
    checkpoint_key,
    checkpoint_update,
    find_repeats,
    load_checkpoints,
)
from serving.state.state_store import StateStore, Update, Versioned

MAX_ACTIONS_PER_WRITE = 15
"""So that a write stays under half a megabyte, and the loop is held for about a millisecond."""

Batch = Sequence[tuple[Message, ViewerAction]]


class CheckpointMovedError(Exception):
    """The store is not where this process believes it to be: load the checkpoints, read again."""


class OverlayWriter:
    """Changes the overlay of one generation from some partitions of `actions`."""

    def __init__(
        self, store: StateStore, generation: str, first_offsets: Mapping[int, int]
    ) -> None:
        """`first_offsets`: partition -> offset of the first message the generation lacks."""
        self._store = store
        self._generation = generation
        self._first_offsets = dict(first_offsets)
        self._positions: dict[int, int] = {}

    async def load_positions(self) -> dict[int, int]:
        """Partition -> offset of the next message to apply, as the store says.

        Raises:
            StateUnavailableError: the store did not answer.
        """
        checkpoints = await load_checkpoints(
            self._store, JOURNAL, self._generation, list(self._first_offsets)
        )
        self._positions = {
            partition: self._first_offsets[partition] if offset is None else offset
            for partition, offset in checkpoints.items()
        }
        return dict(self._positions)

    async def apply(self, partition: int, batch: Batch) -> None:
        """Apply messages of one partition, in offset order; those applied before do nothing.

        Raises:
            StateUnavailableError: the store did not answer; the batch may be tried again.
            CheckpointMovedError: begin again at `load_positions`.
            RecordError: a record in the store is damaged.
        """
        new = [each for each in batch if each[0].offset >= self._positions[partition]]
        for start in range(0, len(new), MAX_ACTIONS_PER_WRITE):
            await self._apply_some(partition, new[start : start + MAX_ACTIONS_PER_WRITE])
            await asyncio.sleep(0)  # let requests in between

    async def _apply_some(self, partition: int, batch: Batch) -> None:
        checkpoint = checkpoint_key(JOURNAL, self._generation, partition)
        viewers = list(dict.fromkeys(self._key(action) for _, action in batch))
        memories = [
            (self._memory_key(partition, action), message.offset) for message, action in batch
        ]
        found = await self._store.read([checkpoint, *viewers, *(key for key, _ in memories)])
        self._require_position(partition, found[0])
        stored = dict(zip(viewers, found[1 : 1 + len(viewers)], strict=True))
        repeats, remembered = find_repeats(memories, found[1 + len(viewers) :])
        next_offset = batch[-1][0].offset + 1
        written = await self._store.write(
            [
                *self._effects(stored, batch, repeats),
                *remembered,
                checkpoint_update(checkpoint, found[0], next_offset),
            ],
            all_or_none=True,
        )
        if not all(written):
            raise CheckpointMovedError(f"partition {partition}: another writer came first")
        self._positions[partition] = next_offset

    def _effects(
        self, stored: Mapping[bytes, Versioned | None], batch: Batch, repeats: Sequence[bool]
    ) -> list[Update]:
        """One update per viewer who is changed, all the viewer's actions applied."""
        changed: dict[bytes, tuple[ViewerRecord, int]] = {}
        for (message, action), repeat in zip(batch, repeats, strict=True):
            key = self._key(action)
            before = stored[key]
            if repeat or (before is not None and message.offset < before.version):
                continue
            if key in changed:
                record = changed[key][0]
            else:
                record = empty_record() if before is None else unpack(before.value)
            changed[key] = (apply(record, action), message.offset + 1)
        return [
            Update(key, pack(record), 0 if (old := stored[key]) is None else old.version, version)
            for key, (record, version) in changed.items()
        ]

    def _require_position(self, partition: int, checkpoint: Versioned | None) -> None:
        found = self._first_offsets[partition] if checkpoint is None else checkpoint.version
        if found != self._positions[partition]:
            raise CheckpointMovedError(
                f"partition {partition}: the store is at {found}, "
                f"this process at {self._positions[partition]}"
            )

    def _key(self, action: ViewerAction) -> bytes:
        return viewer_key(self._generation, action.viewer_id)

    def _memory_key(self, partition: int, action: ViewerAction) -> bytes:
        # Clients choose action ids on their own, so one viewer's says nothing of another's.
        name = b"%d/%s" % (action.viewer_id, action.action_id.encode())
        return action_key(JOURNAL, self._generation, partition, name)
