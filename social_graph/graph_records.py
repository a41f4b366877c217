"""Records of the graph as they are now: what the bus changed, else what the generation has."""

from collections.abc import Sequence

from serving.native_executor import NativeExecutor
from serving.state.state_store import StateStore, Versioned
from social_graph.graph_base import GraphBase


class GraphRecords:
    """Reads overlay and base. A record of the overlay is complete and hides the base's."""

    def __init__(
        self, base: GraphBase, overlay: StateStore, executor: NativeExecutor | None = None
    ) -> None:
        """`executor`: reads the base off the event loop, which a cold disk would hold."""
        self._base = base
        self._overlay = overlay
        self._executor = executor

    async def read(self, keys: Sequence[bytes]) -> list[bytes]:
        """Values in the order of `keys`; empty where there is no record.

        Raises:
            StateUnavailableError: one of the two cannot be read.
            OverloadedError: the executor is full.
        """
        return await self.resolve(keys, await self._overlay.read(keys))

    async def resolve(
        self, keys: Sequence[bytes], overlaid: Sequence[Versioned | None]
    ) -> list[bytes]:
        """The same, given what the overlay holds under `keys`."""
        if not any(overlaid):  # as of most people since the last generation
            return [value or b"" for value in await self._base_values(keys)]
        missing = [key for key, over in zip(keys, overlaid, strict=True) if over is None]
        found = iter(await self._base_values(missing))
        return [(next(found) or b"") if over is None else over.value for over in overlaid]

    async def _base_values(self, keys: Sequence[bytes]) -> list[bytes | None]:
        if self._executor is None or not keys:
            return self._base.get(keys)
        return await self._executor.run(self._base.get, keys)
