"""Applies actions to the graph's overlay so that each has its effect once, whatever is killed.

Follows the recipe of `serving/state/offset_journal.py`. A record that is changed for the first time
is copied whole from the base, so that readers take a record from one place and lists stay bounded.
An action may change records of two people, and may depend on one that it leaves as it is (a follow
makes friends if the other follows too) and that another partition changes. So all writes follow one
another: each moves the one `TURN` on, and one that was computed before another came in is stale as
a whole. A record's version counts its changes.
"""

import asyncio
from collections.abc import Mapping, Sequence

from serving.bus.bus import Message
from serving.state.offset_journal import (
    action_key,
    checkpoint_key,
    checkpoint_update,
    find_repeats,
    load_checkpoints,
)
from serving.state.state_store import StateStore, Update, Versioned
from social_graph.graph_action import GraphAction
from social_graph.graph_records import GraphRecords
from social_graph.record_changes import apply, keys_of

JOURNAL = "social_graph.overlay"
TURN = b"turn"
"""Key of the record whose version counts the writes; it has no value."""
MAX_ACTIONS_PER_WRITE = 20
"""So that the loop is held for under a millisecond: an action costs about 50 µs."""

Batch = Sequence[tuple[Message, GraphAction | None]]
Effective = Sequence[tuple[Message, GraphAction]]


class CheckpointMovedError(Exception):
    """The store is not where this process believes it to be: load the checkpoints, read again."""


class OverlayWriter:
    """Changes the overlay of one generation from all partitions of `actions`."""

    def __init__(
        self,
        store: StateStore,
        records: GraphRecords,
        generation: str,
        first_offsets: Mapping[int, int],
        *,
        authors_are_viewers: bool,
    ) -> None:
        """`first_offsets`: partition -> offset of the first message the generation lacks."""
        self._store = store
        self._records = records
        self._generation = generation
        self._first_offsets = dict(first_offsets)
        self._authors_are_viewers = authors_are_viewers
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
            StateUnavailableError: a store did not answer; the batch may be tried again.
            CheckpointMovedError: begin again at `load_positions`.
            ValueError: a record is damaged.
        """
        new = [each for each in batch if each[0].offset >= self._positions[partition]]
        effective = [(message, action) for message, action in new if action is not None]
        for start in range(0, len(effective), MAX_ACTIONS_PER_WRITE):
            some = effective[start : start + MAX_ACTIONS_PER_WRITE]
            await self._apply_some(partition, some, some[-1][0].offset + 1)
            await asyncio.sleep(0)  # let requests in between
        if new and self._positions[partition] <= new[-1][0].offset:
            await self._apply_some(partition, [], new[-1][0].offset + 1)
            await asyncio.sleep(0)

    async def _apply_some(self, partition: int, batch: Effective, next_offset: int) -> None:
        checkpoint = checkpoint_key(JOURNAL, self._generation, partition)
        names = list(dict.fromkeys(name for _, action in batch for name in self._keys_of(action)))
        memories = [
            (self._memory_key(partition, action), message.offset) for message, action in batch
        ]
        found = await self._store.read([checkpoint, TURN, *names, *(name for name, _ in memories)])
        self._require_position(partition, found[0])
        overlaid = found[2 : 2 + len(names)]
        values = await self._records.resolve(names, overlaid)
        repeats, remembered = find_repeats(memories, found[2 + len(names) :])
        new = [action for (_, action), repeat in zip(batch, repeats, strict=True) if not repeat]
        changed = self._changed(dict(zip(names, values, strict=True)), new) | {TURN: b""}
        written = await self._store.write(
            [
                *_updates({TURN: found[1], **dict(zip(names, overlaid, strict=True))}, changed),
                *remembered,
                checkpoint_update(checkpoint, found[0], next_offset),
            ],
            all_or_none=True,
        )
        if not all(written):
            raise CheckpointMovedError(f"partition {partition}: another writer came first")
        self._positions[partition] = next_offset

    def _changed(
        self, records: Mapping[bytes, bytes], actions: Sequence[GraphAction]
    ) -> dict[bytes, bytes]:
        """Records that differ after all `actions`, one after another."""
        now, changed = dict(records), dict[bytes, bytes]()
        for action in actions:
            changed |= apply(now, action, authors_are_viewers=self._authors_are_viewers)
            now |= changed
        return changed

    def _require_position(self, partition: int, checkpoint: Versioned | None) -> None:
        found = self._first_offsets[partition] if checkpoint is None else checkpoint.version
        if found != self._positions[partition]:
            raise CheckpointMovedError(
                f"partition {partition}: the store is at {found}, "
                f"this process at {self._positions[partition]}"
            )

    def _keys_of(self, action: GraphAction) -> list[bytes]:
        return keys_of(action, authors_are_viewers=self._authors_are_viewers)

    def _memory_key(self, partition: int, action: GraphAction) -> bytes:
        # Clients choose action ids on their own, so one viewer's says nothing of another's.
        name = b"%d/%s" % (action.viewer_id, action.action_id.encode())
        return action_key(JOURNAL, self._generation, partition, name)


def _updates(
    stored: Mapping[bytes, Versioned | None], changed: Mapping[bytes, bytes]
) -> list[Update]:
    updates = []
    for name, value in changed.items():
        record = stored[name]
        version = 0 if record is None else record.version
        updates.append(Update(name, value, version, version + 1))
    return updates
