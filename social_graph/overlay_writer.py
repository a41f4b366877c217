"""Applies actions to the graph's overlay so that each has its effect once, whatever is killed.

Follows the recipe of `serving/state/offset_journal.py`. A record that is changed for the first time
is copied whole from the base, so that readers take a record from one place. What a viewer liked is
bounded; who is followed, befriended, blocked, by whom, and groups are as many as people make them.
An action may change records of two people, and may depend on one that it leaves as it is (a follow
makes friends if the other follows too) and that another partition changes. So all writes follow one
another: each moves the one `TURN` on, and one that was computed before another came in is stale as
a whole. A record's version counts its changes.
"""

import asyncio
from collections.abc import Mapping, Sequence

from generation.bus_positions import FirstOffsets
from serving.bus.bus import Message
from serving.state.journal_positions import JournalPositions
from serving.state.offset_journal import find_repeats
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


class OverlayWriter:
    """Changes the overlay of one generation from all partitions of `actions`."""

    def __init__(
        self,
        store: StateStore,
        records: GraphRecords,
        generation: str,
        first_offsets: FirstOffsets,
        *,
        authors_are_viewers: bool,
    ) -> None:
        """`first_offsets`: those of the first messages the generation lacks."""
        self._store = store
        self._records = records
        self._authors_are_viewers = authors_are_viewers
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
        checkpoint = self._positions.checkpoint_key(partition)
        names = list(dict.fromkeys(name for _, action in batch for name in self._keys_of(action)))
        memories = [
            (
                self._positions.memory_key(partition, action.viewer_id, action.action_id),
                message.offset,
            )
            for message, action in batch
        ]
        found = await self._store.read([checkpoint, TURN, *names, *(name for name, _ in memories)])
        self._positions.require(partition, found[0])
        overlaid = found[2 : 2 + len(names)]
        values = await self._records.resolve(names, overlaid)
        repeats, remembered = find_repeats(memories, found[2 + len(names) :])
        new = [action for (_, action), repeat in zip(batch, repeats, strict=True) if not repeat]
        changed = self._changed(dict(zip(names, values, strict=True)), new) | {TURN: b""}
        effects = [
            *_updates({TURN: found[1], **dict(zip(names, overlaid, strict=True))}, changed),
            *remembered,
        ]
        self._records.note_overlaid(changed)
        await self._positions.write(partition, found[0], effects, next_offset)

    def _changed(
        self, records: Mapping[bytes, bytes], actions: Sequence[GraphAction]
    ) -> dict[bytes, bytes]:
        """Records that differ after all `actions`, one after another."""
        now, changed = dict(records), dict[bytes, bytes]()
        for action in actions:
            changed |= apply(now, action, authors_are_viewers=self._authors_are_viewers)
            now |= changed
        return changed

    def _keys_of(self, action: GraphAction) -> list[bytes]:
        return keys_of(action, authors_are_viewers=self._authors_are_viewers)


def _updates(
    stored: Mapping[bytes, Versioned | None], changed: Mapping[bytes, bytes]
) -> list[Update]:
    updates = []
    for name, value in changed.items():
        record = stored[name]
        version = 0 if record is None else record.version
        updates.append(Update(name, value, version, version + 1))
    return updates
