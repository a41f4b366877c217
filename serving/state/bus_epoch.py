"""Positions that grow for ever, although an installation may move from one bus to another.

Effects are guarded by versions that grow, and offsets begin at 0 on every bus. So a consumer counts
the buses it has applied messages of: its *epoch* is how many came before the one in service, and a
position is `epoch << 48 | offset`. On the first bus positions are offsets.

A checkpoint's value keeps how far buses that were left had been read, to go on there on return.
"""

import json
from dataclasses import dataclass

import structlog

from serving.errors import PreconditionError
from serving.state.state_store import StateStore, Update, Versioned

EPOCH_SHIFT = 48
MAX_EPOCHS = 1_000
"""Past that somebody has two installations write into one store."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BusEpoch:
    """The buses that one consumer has applied messages of, in order; the last is in service."""

    bus_ids: tuple[str, ...]

    @property
    def base(self) -> int:
        """Position of offset 0 of the bus in service."""
        return (len(self.bus_ids) - 1) << EPOCH_SHIFT

    def position(self, checkpoint: Versioned | None, first_offset: int) -> int:
        """Position of the next message to apply; `first_offset` where nothing was applied yet."""
        if checkpoint is not None and checkpoint.version >= self.base:
            return checkpoint.version
        left = {} if checkpoint is None else self._left(checkpoint)
        return self.base + left.get(self.bus_ids[-1], first_offset)

    def moved(self, key: bytes, checkpoint: Versioned | None, position: int) -> Update:
        """Move a checkpoint on, provided that nobody else moved it since it was read.

        Raises:
            ValueError: `position` is not past the stored one.
        """
        if checkpoint is None:
            return Update(key, b"", 0, position)
        value = checkpoint.value
        if checkpoint.version < self.base:
            value = json.dumps(self._left(checkpoint), sort_keys=True).encode()
        return Update(key, value, checkpoint.version, position)

    def _left(self, checkpoint: Versioned) -> dict[str, int]:
        """Next offset by bus, of those that were left."""
        epoch, offset = divmod(checkpoint.version, 1 << EPOCH_SHIFT)
        before: dict[str, int] = json.loads(checkpoint.value or b"{}")
        return before | {self.bus_ids[epoch]: offset}


async def load_epoch(store: StateStore, consumer: str, generation: str, bus_id: str) -> BusEpoch:
    """The epoch of a consumer on the bus in service; a new one if that was another before.

    Raises:
        StateUnavailableError: the store did not answer.
        PreconditionError: the bus changed more than `MAX_EPOCHS` times.
    """
    key = f"b/{consumer}/{generation}".encode()
    while True:
        (found,) = await store.read([key])
        known = () if found is None else tuple(found.value.decode().split())
        if known and known[-1] == bus_id:
            return BusEpoch(known)
        if len(known) >= MAX_EPOCHS:
            raise PreconditionError(f"{consumer}: {len(known)} changes of the bus, at most that")
        epoch = BusEpoch((*known, bus_id))
        version = len(epoch.bus_ids)
        update = Update(key, " ".join(epoch.bus_ids).encode(), version - 1, version)
        if all(await store.write([update])):
            if known:
                _log.warning("another bus", consumer=consumer, before=known[-1], now=bus_id)
            return epoch
