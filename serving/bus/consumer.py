"""The loop every stream consumer runs: poll, decode, apply, commit; written once."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

import structlog

from serving.bus.backoff import backoff_delays
from serving.bus.bus import Bus, Message, Subscription
from serving.bus.dead_letters import DeadLetters
from serving.bus.topics import Topic
from serving.errors import DependencyError

POLL_MESSAGES = 500
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

    Attributes:
        failure: Why the loop stopped by itself: too many undecodable messages, or a bug in `apply`.
            Whoever owns the consumer must watch it; a stopped consumer falls behind for ever.
    """

    def __init__(
        self,
        bus: Bus,
        topic: Topic,
        start: Mapping[int, int | None],
        *,
        reader: str,
        decode: Callable[[bytes], Event],
        apply: Callable[[int, Batch[Event]], Awaitable[None]],
    ) -> None:
        """`start`: partition -> first offset (`None`: the end); `decode` may raise anything."""
        self.failure: Exception | None = None
        self._bus = bus
        self._topic = topic
        self._start = dict(start)
        self._reader = reader
        self._decode = decode
        self._apply = apply
        self._dead_letters = DeadLetters(bus, topic, reader)
        self._applied: dict[int, int] = {}
        self._uncommitted: dict[int, int] = {}
        self._committed_at_s = 0.0
        self._progress = asyncio.Event()
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
        """Partition -> messages not yet applied.

        Raises:
            BusUnavailableError: The bus does not answer.
        """
        ends = await self._bus.end_offsets(self._topic, list(self._start))
        return {p: max(0, end - self._position(p, end)) for p, end in ends.items()}

    async def caught_up(self, timeout_s: float) -> bool:
        """Wait until everything that was in the log at the call is applied.

        Returns:
            False when that took longer than `timeout_s`, or the bus did not answer.

        Raises:
            Exception: `failure`, when the loop stopped by itself.
        """
        try:
            async with asyncio.timeout(timeout_s):
                ends = await self._bus.end_offsets(self._topic, list(self._start))
                while any(self._applied.get(p, -1) < end for p, end in ends.items()):
                    self._raise_failure()
                    self._progress.clear()
                    await self._progress.wait()
        except (TimeoutError, DependencyError):
            return False
        return True

    def _raise_failure(self) -> None:
        if self.failure is not None:
            raise self.failure

    def _position(self, partition: int, end: int) -> int:
        start = self._start[partition]
        return self._applied.get(partition, end if start is None else start)

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
            self.failure = error
            _log.exception("consumer stopped", topic=self._topic.name, reader=self._reader)
            raise
        finally:
            self._progress.set()

    async def _run_quietly(self) -> None:
        with contextlib.suppress(Exception):  # kept in `failure` and logged
            await self.run()

    async def _subscribe(self) -> Subscription:
        delays = backoff_delays()
        while True:
            try:
                subscription = await self._bus.subscribe(
                    self._topic, self._start, reader=self._reader
                )
            except DependencyError as error:
                _log.warning("not subscribed yet", reader=self._reader, problem=str(error))
                await asyncio.sleep(next(delays))
            else:
                self._applied = subscription.positions()
                self._progress.set()
                return subscription

    async def _step(self, subscription: Subscription) -> None:
        self._interruptible = True
        messages = await subscription.poll(POLL_MESSAGES, POLL_TIMEOUT_S)
        self._interruptible = False
        for partition, batch in (await self._decoded(messages)).items():
            await self._apply_until_done(partition, batch)
        self._interruptible = False
        self._applied = subscription.positions()
        self._uncommitted |= {m.partition: m.offset + 1 for m in messages}
        self._progress.set()
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
