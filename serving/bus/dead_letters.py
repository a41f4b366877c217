"""Parks messages that cannot be decoded, with the cause, so that they block nobody."""

import asyncio
import base64
import json
from collections import deque

import structlog

from serving.bus.backoff import backoff_delays
from serving.bus.bus import Bus, Message
from serving.bus.topics import Topic, dead_letters
from serving.errors import DependencyError, PreconditionError

WINDOW_MESSAGES = 200
LIMIT_SHARE = 0.5
MAX_KEPT_BYTES = 512 * 1024
MAX_CAUSE_LENGTH = 1_000
_PUBLISH_TIMEOUT_S = 5.0

_log = structlog.get_logger(__name__)


def encode_dead_letter(topic: Topic, message: Message, reader: str, cause: Exception) -> bytes:
    """JSON, because people read it and it must stay readable when our own schema is at fault.

    `value` is base64, cut after `MAX_KEPT_BYTES` so that the letter itself fits the size limit.
    """
    letter = {
        "topic": topic.name,
        "partition": message.partition,
        "offset": message.offset,
        "key": message.key,
        "timestamp_ms": message.timestamp_ms,
        "reader": reader,
        "cause": f"{type(cause).__name__}: {cause}"[:MAX_CAUSE_LENGTH],
        "value_bytes": len(message.value),
        "value": base64.b64encode(message.value[:MAX_KEPT_BYTES]).decode(),
    }
    return json.dumps(letter).encode()


class DeadLetters:
    """The dead-letter topic of one reader, and its watch over how many letters there are."""

    def __init__(self, bus: Bus, topic: Topic, reader: str) -> None:
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
            PreconditionError: More than `LIMIT_SHARE` of the last `WINDOW_MESSAGES` messages were
                undecodable: then not the messages are wrong but the reader or the writer.
        """
        self._recent.append(True)
        if sum(self._recent) > LIMIT_SHARE * WINDOW_MESSAGES:
            raise PreconditionError(
                f"{self._reader} stopped: {sum(self._recent)} of the last {len(self._recent)}"
                f" messages of topic {self._topic.name} are undecodable, the latest at partition"
                f" {message.partition}, offset {message.offset}: {cause}"
            )
        _log.warning(
            "message parked",
            topic=self._topic.name,
            partition=message.partition,
            offset=message.offset,
            reader=self._reader,
            cause=str(cause),
        )
        await self._publish(message.partition, self._letter(message, cause))
        self._bus.counters.parked += 1

    def _letter(self, message: Message, cause: Exception) -> bytes:
        return encode_dead_letter(self._topic, message, self._reader, cause)

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
