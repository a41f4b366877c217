"""The consumer of `actions` that keeps the graph's overlay up to date."""

import asyncio
import contextlib

import structlog

from generation.bus_positions import FirstOffsets
from generation.manifest import Manifest
from serving.bus.backoff import backoff_delays
from serving.bus.bus import Bus
from serving.bus.consumer import EventConsumer
from serving.bus.not_ahead import NotAhead
from serving.bus.topics import ACTIONS
from serving.errors import DependencyError
from serving.lag_metrics import publish_lag
from serving.metrics_recorder import Metrics
from serving.state.watched_run import CheckpointMovedError, run_watched
from social_graph.decoding import decode_action
from social_graph.graph_action import GraphAction
from social_graph.overlay_writer import OverlayWriter

READER = "social_graph.overlay"
LAG_INTERVAL_S = 1.0
RESTART_WAIT_S = 0.2
"""After the store was found elsewhere than believed: two owners must not race without a pause."""

log = structlog.get_logger()


def first_offsets(manifest: Manifest) -> FirstOffsets:
    """Offsets of the first actions that the generation lacks: each replica reads all partitions."""
    return manifest.first_offsets(ACTIONS.name, range(ACTIONS.partitions))


class GraphUpdater:
    """Applies live actions to the overlay.

    Attributes:
        lag_messages: Messages published and not yet applied, as of about a second ago.
    """

    def __init__(self, bus: Bus, writer: OverlayWriter, metrics: Metrics, check: NotAhead) -> None:
        """`check`: the one of the generation."""
        self.lag_messages = 0
        self._check = check
        self._bus = bus
        self._writer = writer
        self._metrics = metrics
        self._consumer: EventConsumer[GraphAction | None] | None = None
        self._opened = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin in the background; bus and store may still be away."""
        self._tasks = [
            asyncio.create_task(self._consume(), name=READER),
            asyncio.create_task(self._watch_lag(), name=f"{READER}-lag"),
        ]

    async def run(self) -> None:
        """Return never; for owners who watch their own tasks.

        Raises:
            Exception: a record is damaged, too many messages make no sense, or a bug.
        """
        if not self._tasks:
            raise ValueError("not started")
        await asyncio.gather(*(asyncio.shield(task) for task in self._tasks))

    async def close(self) -> None:
        """Stop wherever it is: what is not applied yet will be at the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def caught_up(self, timeout_s: float) -> bool:
        """Wait until everything that was in the log at the call is applied.

        Returns:
            False when that took longer than `timeout_s`, or the bus did not answer.

        Raises:
            Exception: why the consumer stopped by itself.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    await self._opened.wait()
                    if (consumer := self._consumer) is None:
                        return False
                    with contextlib.suppress(CheckpointMovedError):
                        return await consumer.caught_up(timeout_s)
                    if consumer is self._consumer:
                        self._opened.clear()
        except TimeoutError:
            return False

    async def _consume(self) -> None:
        while True:
            start = await self._load_offsets()
            consumer = EventConsumer(
                self._bus,
                ACTIONS,
                start,
                reader=READER,
                decode=decode_action,
                check=self._check,
                apply=self._writer.apply,
                base=self._writer.base,
            )
            self._consumer = consumer
            self._opened.set()
            try:
                await run_watched(consumer, self._writer.require_kept)
            except CheckpointMovedError as moved:
                log.warning("graph begins again at its checkpoints", cause=str(moved))
                await asyncio.sleep(RESTART_WAIT_S)

    async def _load_offsets(self) -> dict[int, int]:
        delays = backoff_delays()
        while True:
            try:
                positions = await self._writer.load_positions(await self._bus.identity())
                return {p: position - self._writer.base for p, position in positions.items()}
            except DependencyError as error:
                log.warning("checkpoints not read yet", cause=str(error))
                await asyncio.sleep(next(delays))

    async def _watch_lag(self) -> None:
        """Keep the lag at hand: a request cannot wait for the bus to tell it."""
        while True:
            await self._opened.wait()
            if self._consumer is not None:
                with contextlib.suppress(DependencyError):
                    lag = await publish_lag(self._metrics, READER, self._consumer)
                    self.lag_messages = sum(lag.values())
            await asyncio.sleep(LAG_INTERVAL_S)
