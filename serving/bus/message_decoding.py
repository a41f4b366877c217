"""Turns messages into events, and sets aside those that cannot be read."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from serving.bus.bus import Message
from serving.bus.dead_letters import DeadLetters

Event = TypeVar("Event")


class MessageDecoding(Generic[Event]):
    """The decoding of one consumer."""

    def __init__(
        self,
        decode: Callable[[bytes], Event],
        check: Callable[[Message, Event], None],
        dead_letters: DeadLetters,
        base: int,
    ) -> None:
        """`base` is added to the offsets of messages that were decoded."""
        self._decode = decode
        self._check = check
        self._dead_letters = dead_letters
        self._base = base

    async def by_partition(
        self, messages: Sequence[Message]
    ) -> dict[int, list[tuple[Message, Event]]]:
        """Messages and what they say, in the given order; without those parked as dead letters.

        Raises:
            TooManyUnreadableError: see `DeadLetters.park`.
        """
        batches: dict[int, list[tuple[Message, Event]]] = defaultdict(list)
        for message in messages:
            try:
                event = self._decode(message.value)
                self._check(message, event)
            except Exception as error:  # whatever a foreign byte string makes a parser raise
                await self._dead_letters.park(message, error)
                continue
            self._dead_letters.note_good()
            placed = message
            if self._base:
                placed = replace(message, offset=self._base + message.offset)
            batches[message.partition].append((placed, event))
        return batches
