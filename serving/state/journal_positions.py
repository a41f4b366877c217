"""How far one consumer came in every partition, checked against the store before each write.

The part of the recipe of `offset_journal` that is the same whatever the effects are.
"""

from generation.bus_positions import FirstOffsets
from serving.bus.beginning import beginning_on
from serving.bus.topics import ACTIONS
from serving.state.bus_epoch import BusEpoch, load_epoch
from serving.state.offset_journal import action_key, checkpoint_key
from serving.state.state_store import StateStore, Update, Versioned
from serving.state.watched_run import CheckpointLostError, CheckpointMovedError


class JournalPositions:
    """Positions of one consumer in the overlay of one generation. Used from one task."""

    def __init__(
        self, store: StateStore, consumer: str, generation: str, first_offsets: FirstOffsets
    ) -> None:
        """`first_offsets`: those of the first messages of `actions` the generation lacks."""
        self._store = store
        self._consumer = consumer
        self._generation = generation
        self._first_offsets = first_offsets
        self._epoch: BusEpoch
        self._first: dict[int, int] = {}
        self._positions: dict[int, int] = {}

    @property
    def base(self) -> int:
        """Position of offset 0 of the bus; known once loaded."""
        return self._epoch.base

    async def load(self, bus_id: str) -> dict[int, int]:
        """Partition -> position of the next message to apply, as the store says.

        Args:
            bus_id: Identity of the bus in service.

        Raises:
            StateUnavailableError: the store did not answer.
        """
        self._epoch = await load_epoch(self._store, self._consumer, self._generation, bus_id)
        self._first = beginning_on(
            bus_id, self._first_offsets, topic=ACTIONS.name, reader=self._consumer
        )
        found = await self._store.read([self.checkpoint_key(p) for p in self._first])
        self._positions = {
            partition: self._epoch.position(checkpoint, self._first[partition])
            for partition, checkpoint in zip(self._first, found, strict=True)
        }
        return dict(self._positions)

    def __getitem__(self, partition: int) -> int:
        """Position of the next message to apply."""
        return self._positions[partition]

    def checkpoint_key(self, partition: int) -> bytes:
        return checkpoint_key(self._consumer, self._generation, partition)

    def memory_key(self, partition: int, viewer_id: int, action_id: str) -> bytes:
        """Key of an action's memory. Clients choose action ids on their own, so one viewer's says
        nothing of another's."""
        name = b"%d/%s" % (viewer_id, action_id.encode())
        return action_key(self._consumer, self._generation, partition, name)

    async def require_kept(self) -> None:
        """Look whether the store still has all checkpoints that were written to it.

        Raises:
            CheckpointLostError: it is behind; counted by the store.
            StateUnavailableError: the store did not answer.
        """
        before = dict(self._positions)  # a write that comes in meanwhile only moves them on
        found = await self._store.read([self.checkpoint_key(p) for p in before])
        for (partition, position), checkpoint in zip(before.items(), found, strict=True):
            kept = self._epoch.position(checkpoint, self._first[partition])
            if kept < position:
                self._store.counters.losses += 1
                raise CheckpointLostError(
                    f"partition {partition}: the store is at {kept} and was at {position}"
                )

    def require(self, partition: int, checkpoint: Versioned | None) -> None:
        """Raise CheckpointMovedError unless the store's checkpoint is the position held here."""
        found = self._epoch.position(checkpoint, self._first[partition])
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
        next_position: int,
    ) -> None:
        """Write effects and the moved checkpoint together or not at all.

        Raises:
            StateUnavailableError: the store did not answer.
            CheckpointMovedError: somebody else wrote meanwhile; nothing was written.
        """
        moved = self._epoch.moved(self.checkpoint_key(partition), checkpoint, next_position)
        written = await self._store.write([*effects, moved], all_or_none=True)
        if not all(written):
            raise CheckpointMovedError(f"partition {partition}: another writer came first")
        self._positions[partition] = next_position
