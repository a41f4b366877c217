"""The consumer of `actions` that keeps the viewers' overlay up to date."""

import asyncio
import contextlib
from collections.abc import Sequence

import structlog

from candidate_gen.viewer_state.action import ViewerAction
from candidate_gen.viewer_state.decoding import ActionDecoder
from candidate_gen.viewer_state.keys import READER
from candidate_gen.viewer_state.overlay_writer import OverlayWriter
from generation.manifest import Manifest
from generation.vocabulary import Names
from serving.bus.backoff import backoff_delays
from serving.bus.bus import Bus
from serving.bus.consumer import EventConsumer
from serving.bus.not_ahead import NotAhead
from serving.bus.topics import ACTIONS
from serving.errors import DependencyError
from serving.state.state_store import StateStore
from serving.state.watched_run import LOOK_INTERVAL_S, CheckpointMovedError, run_watched

RESTART_WAIT_S = 0.2
"""After the store was found elsewhere than believed: two owners must not race without a pause."""

log = structlog.get_logger()


def owned_partitions(replica: int, replicas: int) -> list[int]:
    """Partitions of `actions` that one of several replicas applies."""
    return [p for p in range(ACTIONS.partitions) if p % replicas == replica]


class ViewerStateUpdater:
    """Applies live actions to the overlay of one generation, for some partitions."""

    def __init__(
        self,
        bus: Bus,
        store: StateStore,
        manifest: Manifest,
        categories: Names,
        partitions: Sequence[int],
        *,
        restart_wait_s: float = RESTART_WAIT_S,
        look_interval_s: float = LOOK_INTERVAL_S,
    ) -> None:
        first = manifest.first_offsets(ACTIONS.name, partitions)
        self._bus = bus
        self._writer = OverlayWriter(store, manifest.name, first)
        self._decode = ActionDecoder(categories, authors_are_viewers=manifest.authors_are_viewers)
        self._check = NotAhead(manifest.data_time_ms)
        self._restart_wait_s = restart_wait_s
        self._look_interval_s = look_interval_s
        self._consumer: EventConsumer[ViewerAction] | None = None
        self._opened = asyncio.Event()

    async def run(self) -> None:
        """Apply until cancelled, wherever it is: the rest is for whoever comes next. Bus and store
        may still be away at first.

        Raises:
            Exception: too many messages make no sense, or a bug.
        """
        while True:
            start = await self._load_offsets()
            consumer = EventConsumer(
                self._bus,
                ACTIONS,
                start,
                reader=READER,
                decode=self._decode,
                check=self._check,
                apply=self._writer.apply,
                base=self._writer.base,
            )
            self._consumer = consumer
            self._opened.set()
            try:
                await run_watched(consumer, self._writer.require_kept, self._look_interval_s)
            except CheckpointMovedError as moved:
                log.warning("viewer state begins again at its checkpoints", cause=str(moved))
                await asyncio.sleep(self._restart_wait_s)

    async def caught_up(self, timeout_s: float) -> bool:
        """Wait until everything that was in the log at the call is applied. `run` must be running.

        Returns:
            False when that took longer than `timeout_s`, or the bus did not answer.

        Raises:
            Exception: what `run` raised.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    await self._opened.wait()
                    consumer = self._consumer
                    assert consumer is not None
                    with contextlib.suppress(CheckpointMovedError):
                        return await consumer.caught_up(timeout_s)
                    if consumer is self._consumer:
                        self._opened.clear()
        except TimeoutError:
            return False

    async def lag(self) -> dict[int, int]:
        """Partition -> messages not yet applied; empty before the first checkpoint is read.

        Raises:
            BusUnavailableError: the bus does not answer.
        """
        return {} if self._consumer is None else await self._consumer.lag()

    def staleness_ms(self) -> int:
        """See `ConsumerProgress.staleness_ms`; 0 before the first checkpoint is read."""
        return 0 if self._consumer is None else self._consumer.staleness_ms()

    @property
    def set_aside_count(self) -> int:
        """See `OverlayWriter.set_aside_count`."""
        return self._writer.set_aside_count

    @property
    def is_halted(self) -> bool:
        """See `ConsumerProgress.is_halted`."""
        return self._consumer is not None and self._consumer.is_halted

    async def _load_offsets(self) -> dict[int, int]:
        delays = backoff_delays()
        while True:
            try:
                positions = await self._writer.load_positions(await self._bus.identity())
                return {p: position - self._writer.base for p, position in positions.items()}
            except DependencyError as error:
                log.warning("checkpoints not read yet", cause=str(error))
                await asyncio.sleep(next(delays))
