"""How far one consumer came in every partition, checked against the store before each write.

The part of the recipe of `offset_journal` that is the same whatever the effects are.
"""

from collections.abc import Mapping

from serving.state.offset_journal import (
    action_key,
    checkpoint_key,
    checkpoint_update,
    load_checkpoints,
)
from serving.state.state_store import StateStore, Update, Versioned


class CheckpointMovedError(Exception):
    """The store is not where this process believes it to be: load the checkpoints, read again."""


class JournalPositions:
    """Positions of one consumer in the overlay of one generation. Used from one task."""

    def __init__(
        self, store: StateStore, consumer: str, generation: str, first_offsets: Mapping[int, int]
    ) -> None:
        """`first_offsets`: partition -> offset of the first message the generation lacks."""
        self._store = store
        self._consumer = consumer
        self._generation = generation
        self._first_offsets = dict(first_offsets)
        self._positions: dict[int, int] = {}

    async def load(self) -> dict[int, int]:
        """Partition -> offset of the next message to apply, as the store says.

        Raises:
            StateUnavailableError: the store did not answer.
        """
        checkpoints = await load_checkpoints(
            self._store, self._consumer, self._generation, list(self._first_offsets)
        )
        self._positions = {
            partition: self._first_offsets[partition] if offset is None else offset
            for partition, offset in checkpoints.items()
        }
        return dict(self._positions)

    def __getitem__(self, partition: int) -> int:
        """Offset of the next message to apply."""
        return self._positions[partition]

    def checkpoint_key(self, partition: int) -> bytes:
        return checkpoint_key(self._consumer, self._generation, partition)

    def memory_key(self, partition: int, viewer_id: int, action_id: str) -> bytes:
        """Key of an action's memory. Clients choose action ids on their own, so one viewer's says
        nothing of another's."""
        name = b"%d/%s" % (viewer_id, action_id.encode())
        return action_key(self._consumer, self._generation, partition, name)

    def require(self, partition: int, checkpoint: Versioned | None) -> None:
        """Raise CheckpointMovedError unless the store's checkpoint is the position held here."""
        found = self._first_offsets[partition] if checkpoint is None else checkpoint.version
        if found != self._positions[partition]:
            raise CheckpointMovedError(
                f"partition {partition}: the store is at {found}, "
                f"this process at {self._positions[partition]}"
            )

    async def write(
        self,
        partition: int,
        checkpoint: Versioned | None,
        effects: list[Update],
        next_offset: int,
    ) -> None:
        """Write effects and the moved checkpoint together or not at all.

        Raises:
            StateUnavailableError: the store did not answer.
            CheckpointMovedError: somebody else wrote meanwhile; nothing was written.
        """
        moved = checkpoint_update(self.checkpoint_key(partition), checkpoint, next_offset)
        written = await self._store.write([*effects, moved], all_or_none=True)
        if not all(written):
            raise CheckpointMovedError(f"partition {partition}: another writer came first")
        self._positions[partition] = next_offset
