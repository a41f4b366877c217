"""Parks messages that cannot be decoded, with the cause, so that they block nobody."""

import asyncio
from collections import deque

import structlog

from protos.events_pb2 import DeadLetter
from serving.bus.backoff import backoff_delays
from serving.bus.bus import Bus, Message
from serving.bus.routing import MAX_MESSAGE_BYTES
from serving.bus.topics import Topic, dead_letters
from serving.errors import DependencyError

WINDOW_MESSAGES = 1_000
MIN_UNREADABLE = 50
"""Fewer are never too many, whatever their share of the first messages read."""
MAX_UNREADABLE_SHARE = 0.1
SCHEMA_VERSION = 1
MAX_CAUSE_LENGTH = 1_000
# Leaves room in the letter for everything that is not the value.
MAX_KEPT_BYTES = MAX_MESSAGE_BYTES - 16 * 1024
_PUBLISH_TIMEOUT_S = 5.0

_log = structlog.get_logger(__name__)


class TooManyUnreadableError(Exception):
    """Not the messages are wrong but the reader or the writer; names the latest message."""


def dead_letter_of(topic: Topic, message: Message, reader: str, cause: Exception) -> DeadLetter:
    """The letter for a message; its value is cut where the letter would not fit the size limit."""
    return DeadLetter(
        schema_version=SCHEMA_VERSION,
        event_id=f"{topic.name}/{message.partition}/{message.offset}",
        occurred_ms=message.timestamp_ms,
        topic=topic.name,
        partition=message.partition,
        offset=message.offset,
        value=message.value[:MAX_KEPT_BYTES],
        cause=f"{reader}: {type(cause).__name__}: {cause}"[:MAX_CAUSE_LENGTH],
    )


class DeadLetters:
    """The dead-letter topic of one reader, and its watch over how many letters there are."""

    def __init__(self, bus: Bus, topic: Topic, reader: str) -> None:
        """The bus says how many may be unreadable, see `Bus.max_unreadable_share`."""
        self._bus = bus
        self._topic = topic
        self._reader = reader
        self._recent: deque[bool] = deque(maxlen=WINDOW_MESSAGES)

    def note_good(self) -> None:
        """Count a message that was decoded."""
        self._recent.append(False)

    async def park(self, message: Message, cause: Exception) -> None:
        """Put a message away, trying until the bus has taken it.

        Raises:
            TooManyUnreadableError: At least `MIN_UNREADABLE` of the last `WINDOW_MESSAGES`
                messages, and more than the share that the bus allows of those read.
        """
        self._recent.append(True)
        unreadable, share = sum(self._recent), self._bus.max_unreadable_share
        if unreadable >= max(MIN_UNREADABLE, share * len(self._recent) + 1):
            raise TooManyUnreadableError(
                f"{unreadable} of the last {len(self._recent)} messages of topic"
                f" {self._topic.name} are unreadable, the latest at partition {message.partition},"
                f" offset {message.offset}: {type(cause).__name__}: {cause}"
            )
        _log.warning(
            "message parked",
            topic=self._topic.name,
            partition=message.partition,
            offset=message.offset,
            reader=self._reader,
            cause=str(cause),
        )
        letter = dead_letter_of(self._topic, message, self._reader, cause)
        await self._publish(message.partition, letter.SerializeToString())
        self._bus.counters.parked += 1

    async def _publish(self, partition: int, letter: bytes) -> None:
        topic = dead_letters(self._topic)
        for delay_s in backoff_delays():
            try:
                await self._bus.publish(
                    topic, letter, partition=partition, timeout_s=_PUBLISH_TIMEOUT_S
                )
                return
            except DependencyError as error:
                _log.warning("dead letter not parked yet", topic=topic.name, problem=str(error))
                await asyncio.sleep(delay_s)
