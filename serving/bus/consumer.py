"""The loop every stream consumer runs: poll, decode, apply, commit; written once."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

import structlog

from serving.bus.backoff import backoff_delays
from serving.bus.bus import Bus, Message, Subscription
from serving.bus.consumer_progress import ConsumerProgress
from serving.bus.consumer_start import ConsumerStart, Start
from serving.bus.dead_letters import DeadLetters
from serving.bus.topics import Topic
from serving.errors import DependencyError

# Bounds the decoding on the event loop per poll to about a millisecond.
POLL_MESSAGES = 200
POLL_TIMEOUT_S = 0.5
COMMIT_INTERVAL_S = 1.0
STOP_TIMEOUT_S = 5.0

Event = TypeVar("Event")
Batch = Sequence[tuple[Message, Event]]

_log = structlog.get_logger(__name__)


class EventConsumer(Generic[Event]):
    """Reads some partitions of a topic and hands decoded batches to `apply`, in offset order.

    A batch that fails with `DependencyError` is tried again until it succeeds; so is one that was
    applied but whose process died. `apply` must therefore be idempotent by offset: how far its
    effects came is stored with them, and `start` comes from there.
    """

    def __init__(
        self,
        bus: Bus,
        topic: Topic,
        start: Start,
        *,
        reader: str,
        decode: Callable[[bytes], Event],
        apply: Callable[[int, Batch[Event]], Awaitable[None]],
        base: int = 0,
    ) -> None:
        """See the class.

        Args:
            start: Where to begin on the bus.
            decode: May raise anything.
            base: Added to the offsets of the messages that `apply` is given, see `BusEpoch`.
        """
        self._bus = bus
        self._topic = topic
        self._start = ConsumerStart(bus, topic, start, reader)
        self._base = base
        self._reader = reader
        self._decode = decode
        self._apply = apply
        self._dead_letters = DeadLetters(bus, topic, reader)
        self._progress = ConsumerProgress(bus, topic, self._start)
        self._uncommitted: dict[int, int] = {}
        self._committed_at_s = 0.0
        self._interruptible = True
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin consuming in the background; the bus may still be away. See `failure`."""
        self._task = asyncio.create_task(self._run_quietly(), name=f"consumer-{self._reader}")

    async def stop(self) -> None:
        """Finish the batch in hand (bounded by `STOP_TIMEOUT_S`), commit, and end."""
        if self._task is None:
            return
        self._stopping = True
        if not self._interruptible:
            await asyncio.wait([self._task], timeout=STOP_TIMEOUT_S)
        self._task.cancel()
        await asyncio.wait([self._task])

    async def lag(self) -> dict[int, int]:
        """See `ConsumerProgress.lag`."""
        return await self._progress.lag()

    async def caught_up(self, timeout_s: float) -> bool:
        """See `ConsumerProgress.caught_up`."""
        return await self._progress.caught_up(timeout_s)

    @property
    def failure(self) -> Exception | None:
        """Why the loop stopped by itself: too many undecodable messages, or a bug in `apply`.

        Whoever owns the consumer must watch it; a stopped consumer falls behind for ever.
        """
        return self._progress.failure

    async def run(self) -> None:
        """Consume until `stop` or cancelled; for owners who watch their own tasks.

        Raises:
            Exception: `failure`.
        """
        try:
            subscription = await self._subscribe()
            try:
                while not self._stopping:
                    await self._step(subscription)
            finally:
                await self._end(subscription)
        except Exception as error:
            self._progress.fail(error)
            _log.exception("consumer stopped", topic=self._topic.name, reader=self._reader)
            raise

    async def _run_quietly(self) -> None:
        with contextlib.suppress(Exception):  # kept in `failure` and logged
            await self.run()

    async def _subscribe(self) -> Subscription:
        delays = backoff_delays()
        while True:
            try:
                subscription = await self._bus.subscribe(
                    self._topic, await self._start.offsets(), reader=self._reader
                )
            except DependencyError as error:
                _log.warning("not subscribed yet", reader=self._reader, problem=str(error))
                await asyncio.sleep(next(delays))
            else:
                self._progress.move(subscription.positions())
                return subscription

    async def _step(self, subscription: Subscription) -> None:
        self._interruptible = True
        messages = await subscription.poll(POLL_MESSAGES, POLL_TIMEOUT_S)
        self._interruptible = False
        for partition, batch in (await self._decoded(messages)).items():
            await self._apply_until_done(partition, batch)
        self._interruptible = False
        self._progress.move(subscription.positions())
        self._uncommitted |= {m.partition: m.offset + 1 for m in messages}
        due = asyncio.get_running_loop().time() - self._committed_at_s >= COMMIT_INTERVAL_S
        if due or not messages:
            await self._commit(subscription)

    async def _decoded(self, messages: Sequence[Message]) -> dict[int, list[tuple[Message, Event]]]:
        batches: dict[int, list[tuple[Message, Event]]] = defaultdict(list)
        for message in messages:
            try:
                event = self._decode(message.value)
            except Exception as error:  # whatever a foreign byte string makes a parser raise
                await self._dead_letters.park(message, error)
            else:
                self._dead_letters.note_good()
                if self._base:
                    message = replace(message, offset=self._base + message.offset)
                batches[message.partition].append((message, event))
        return batches

    async def _apply_until_done(self, partition: int, batch: Batch[Event]) -> None:
        for delay_s in backoff_delays():
            try:
                self._interruptible = False
                await self._apply(partition, batch)
                return
            except DependencyError as error:
                _log.warning("batch not applied yet", reader=self._reader, problem=str(error))
                self._interruptible = True
                await asyncio.sleep(delay_s)

    async def _commit(self, subscription: Subscription) -> None:
        """Tell how far we came. Only people read it, so a failure is no reason to stop."""
        if not self._uncommitted:
            return
        try:
            await subscription.commit(self._uncommitted)
        except DependencyError as error:
            _log.warning("offsets not committed", reader=self._reader, problem=str(error))
        else:
            self._uncommitted = {}
            self._committed_at_s = asyncio.get_running_loop().time()

    async def _end(self, subscription: Subscription) -> None:
        await self._commit(subscription)
        await subscription.close()
