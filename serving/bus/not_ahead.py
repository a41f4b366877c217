"""Refuses events that say they happen in the future: one would age everything that came before it.

The edge refuses them by its clock; this is for what others write to the bus. The bus's own time of
a message is what is compared, not the clock, so that a replay decides as the first reading did.
"""

from typing import Protocol

from serving.bus.bus import Message

MAX_AHEAD_MS = 5 * 60_000


class Happened(Protocol):
    @property
    def occurred_ms(self) -> int: ...


class NotAhead:
    """The check of one generation's readers, see `EventConsumer`."""

    def __init__(self, data_time_ms: int) -> None:
        """`data_time_ms`: of the generation. Data that are ahead of the bus have a clock that is,
        too, and then nothing can be told to be from the future."""
        self._data_time_ms = data_time_ms

    def __call__(self, message: Message, event: Happened | None) -> None:
        """Raises ValueError for an event more than five minutes ahead of the bus."""
        if event is None or self._data_time_ms > message.timestamp_ms:
            return
        latest_ms = message.timestamp_ms + MAX_AHEAD_MS
        if event.occurred_ms > latest_ms:
            raise ValueError(
                f"occurred_ms: {event.occurred_ms} is in the future, not by {latest_ms}"
            )
