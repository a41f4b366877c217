"""Records of the graph as they are now: what the bus changed, else what the generation has."""

from collections.abc import Iterable, Sequence

from serving.native_executor import NativeExecutor
from serving.state.state_store import StateStore, Versioned
from social_graph.graph_base import GraphBase
from social_graph.overlaid_keys import OverlaidKeys
from social_graph.remembered_records import RememberedRecords


class GraphRecords:
    """Reads overlay and base. A record of the overlay is complete and hides the base's."""

    def __init__(
        self,
        base: GraphBase,
        overlay: StateStore,
        executor: NativeExecutor | None = None,
        overlaid: OverlaidKeys | None = None,
    ) -> None:
        """Belongs to one event loop.

        Args:
            executor: Reads the base off the event loop, which a cold disk would hold.
            overlaid: What is in the overlay; without it, every key is looked for there.
        """
        self._base = base
        self._overlay = overlay
        self._executor = executor
        self._overlaid = overlaid
        self._remembered = RememberedRecords()

    async def read(self, keys: Sequence[bytes]) -> list[bytes]:
        """Values in the order of `keys`; empty where there is no record.

        Raises:
            StateUnavailableError: one of the two cannot be read.
            OverloadedError: the executor is full.
        """
        if self._overlaid is None:
            return await self.resolve(keys, await self._overlay.read(keys))
        asked = self._overlaid.among(keys)
        if not asked:
            return await self._base_values(keys)
        found = dict(zip(asked, await self._overlay.read(asked), strict=True))
        return await self.resolve(keys, [found.get(key) for key in keys])

    async def resolve(
        self, keys: Sequence[bytes], overlaid: Sequence[Versioned | None]
    ) -> list[bytes]:
        """The same, given what the overlay holds under `keys`."""
        if not any(overlaid):
            return await self._base_values(keys)
        missing = [key for key, over in zip(keys, overlaid, strict=True) if over is None]
        found = iter(await self._base_values(missing))
        return [next(found) if over is None else over.value for over in overlaid]

    def note_overlaid(self, keys: Iterable[bytes]) -> None:
        """To be called before these records are written to the overlay."""
        if self._overlaid is not None:
            self._overlaid.add(keys)

    async def _base_values(self, keys: Sequence[bytes]) -> list[bytes]:
        remembered = self._remembered.find(keys)
        missing = [key for key, value in zip(keys, remembered, strict=True) if value is None]
        found = [value or b"" for value in await self._read_base(missing)] if missing else []
        for key, value in zip(missing, found, strict=True):
            self._remembered.keep(key, value)
        rest = iter(found)
        return [next(rest) if value is None else value for value in remembered]

    async def _read_base(self, keys: Sequence[bytes]) -> list[bytes | None]:
        if self._executor is None:
            return self._base.get(keys)
        return await self._executor.run(self._base.get, keys)
