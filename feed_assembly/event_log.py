"""Where accepted actions and items are kept: one call, one message, acknowledged or not."""

from typing import Generic, Protocol, TypeVar

Event = TypeVar("Event", contravariant=True)


class EventLog(Protocol, Generic[Event]):
    async def append(self, event: Event, timeout_s: float) -> None:
        """Return once the event is kept.

        Raises:
            BusUnavailableError: not acknowledged in time; it may have been kept all the same.
        """
        ...
