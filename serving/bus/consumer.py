"""The loop every stream consumer runs: poll, decode, apply, commit; written once."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import structlog

from serving.bus.backoff import backoff_delays
from serving.bus.bus import Bus, Message, Subscription
from serving.bus.consumer_progress import ConsumerProgress
from serving.bus.consumer_start import ConsumerStart, Start
from serving.bus.dead_letters import DeadLetters, TooManyUnreadableError
from serving.bus.message_decoding import MessageDecoding
from serving.bus.reader_commits import ReaderCommits
from serving.bus.topics import Topic
from serving.errors import DependencyError

# Bounds the decoding on the event loop per poll to about a millisecond.
POLL_MESSAGES = 200
POLL_TIMEOUT_S = 0.5
STOP_TIMEOUT_S = 5.0

Event = TypeVar("Event")
Batch = Sequence[tuple[Message, Event]]

_log = structlog.get_logger(__name__)


class EventConsumer(Generic[Event]):
    """Reads some partitions of a topic and hands decoded batches to `apply`, in offset order.

    A batch that fails with `DependencyError` is tried again until it succeeds; so is one that was
    applied but whose process died. `apply` must therefore be idempotent by offset: how far its
    effects came is stored with them, and `start` comes from there.

    Where too many messages are unreadable it halts: it applies nothing more, and skips nothing,
    until its process is started again. Everything else in the process goes on.
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
        check: Callable[[Message, Event], None] = lambda _message, _event: None,
        base: int = 0,
    ) -> None:
        """See the class.

        Args:
            start: Where to begin on the bus.
            decode: May raise anything.
            check: Raises for an event that must not be applied: it is set aside, too.
            base: Added to the offsets of the messages that `apply` is given, see `BusEpoch`.
        """
        self._bus = bus
        self._topic = topic
        self._start = ConsumerStart(bus, topic, start, reader)
        self._reader = reader
        self._apply = apply
        self._decoding = MessageDecoding(decode, check, DeadLetters(bus, topic, reader), base)
        self._commits = ReaderCommits(reader)
        self._progress = ConsumerProgress(bus, topic, self._start)
        self._interruptible = True
        self._stopping = False
        self._ending: Exception | None = None
        self._told_to_end = asyncio.Event()
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

    def staleness_ms(self) -> int:
        """See `ConsumerProgress.staleness_ms`."""
        return self._progress.staleness_ms()

    @property
    def is_halted(self) -> bool:
        """See `ConsumerProgress.is_halted`."""
        return self._progress.is_halted

    async def caught_up(self, timeout_s: float) -> bool:
        """See `ConsumerProgress.caught_up`."""
        return await self._progress.caught_up(timeout_s)

    def end_with(self, cause: Exception) -> None:
        """Have `run` raise `cause` after the batch in hand, for an owner who then begins again
        elsewhere: a store that lost its data is filled from older offsets."""
        self._ending = cause
        self._told_to_end.set()

    @property
    def failure(self) -> Exception | None:
        """Why the loop stopped by itself: `end_with`, or a bug in `apply`.

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
        except TooManyUnreadableError as error:
            await self._halt(error)
        except Exception as error:
            self._progress.fail(error)
            _log.exception("consumer stopped", topic=self._topic.name, reader=self._reader)
            raise

    async def _halt(self, cause: Exception) -> None:
        """Apply nothing until stopped or cancelled."""
        self._interruptible = True
        self._progress.halt()
        _log.error("reader halted", topic=self._topic.name, reader=self._reader, cause=str(cause))
        await self._told_to_end.wait()
        raise self._ending or cause

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
        if self._ending is not None:
            raise self._ending
        self._interruptible = True
        messages = await subscription.poll(POLL_MESSAGES, POLL_TIMEOUT_S)
        self._interruptible = False
        batches = await self._decoding.by_partition(messages)
        for partition, batch in batches.items():
            await self._apply_until_done(partition, batch)
        self._interruptible = False
        self._progress.move(subscription.positions())
        if messages:
            self._progress.applied_up_to(min(message.timestamp_ms for message in messages))
        self._commits.note(messages)
        if self._commits.are_due or not messages:
            await self._commits.tell(subscription)

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

    async def _end(self, subscription: Subscription) -> None:
        await self._commits.tell(subscription)
        await subscription.close()
