"""What every service needs from the message bus: an ordered, replayable log per partition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from serving.bus.counters import BusCounters
from serving.bus.topics import Topic


@dataclass(frozen=True, slots=True)
class Message:
    """One record as it lies in the log.

    Attributes:
        partition: `[0, topic.partitions)`.
        offset: Position in its partition; grows, but may skip (compaction, transactions).
        key: Routing key, for example a viewer id; `None` where the topic is routed by hand.
        value: Serialised protobuf, never empty.
        timestamp_ms: When the bus took it, Unix milliseconds.
    """

    partition: int
    offset: int
    key: int | None
    value: bytes
    timestamp_ms: int


class Subscription(Protocol):
    """A reader of some partitions of one topic, from given offsets on. Used from one task only."""

    async def poll(self, max_messages: int, timeout_s: float) -> list[Message]:
        """Wait for messages; per partition in offset order.

        Returns at once when there are any, and an empty list after `timeout_s` without. Never
        raises because the broker is away: it returns empty lists until the broker is back.
        """
        ...

    async def commit(self, next_offsets: Mapping[int, int]) -> None:
        """Record how far this reader came (partition -> next offset), for people who watch lag.

        The truth about effects is in the store that the effects are in, never here.

        Raises:
            BusUnavailableError: not recorded in a few seconds.
        """
        ...

    def positions(self) -> dict[int, int]:
        """Partition -> offset of the next message `poll` will return."""
        ...

    async def close(self) -> None: ...


class Bus(Protocol):
    """A set of topics. `open_bus(address)` picks the implementation.

    Partitions are assigned by hand (`partition % replicas == replica index`), never by a group
    protocol: who owns a partition is decided by configuration and known to everybody.

    Attributes:
        counters: Totals for the metrics layer.
        max_unreadable_share: A reader halts when more of the last 1,000 messages are unreadable.
    """

    counters: BusCounters
    max_unreadable_share: float

    async def start(self) -> None:
        """Begin connecting and return at once; a broker that is away does not fail this."""
        ...

    async def identity(self) -> str:
        """Which bus this is: letters, digits, `-` and `_`; the same for ever, and for no other bus.

        Offsets mean nothing without it: they are kept beside it, wherever they are kept.

        Raises:
            BusUnavailableError: the broker does not answer in a few seconds.
        """
        ...

    async def prepare(self, topics: Sequence[Topic], timeout_s: float) -> bool:
        """Get ready to publish to these topics, so that the first request does not pay for it.

        Returns:
            False when that took longer; publishing then gets ready when it is first needed.
        """
        ...

    async def publish(
        self,
        topic: Topic,
        value: bytes,
        *,
        key: int | None = None,
        partition: int | None = None,
        timeout_s: float,
    ) -> tuple[int, int]:
        """Append one message and wait until it is kept as the topic promises (`topic.acks`).

        Exactly one of `key` (routed by `partition_of`) and `partition` is given. Concurrent calls
        share one write to disk or one produce request.

        Returns:
            The partition and the offset of the message (offset -1 where acks are off).

        Raises:
            InvalidRequestError: `route` refuses the message; names field, value and limit.
            BusUnavailableError: not acknowledged within `timeout_s`. The message may have been
                kept all the same: consumers deduplicate.
        """
        ...

    def send(
        self, topic: Topic, value: bytes, *, key: int | None = None, partition: int | None = None
    ) -> bool:
        """Append without waiting, for records that may be lost. Never blocks, never raises.

        Returns:
            False when the bounded buffer is full and the message was dropped (and counted).
        """
        ...

    async def subscribe(
        self, topic: Topic, start: Mapping[int, int | None], *, reader: str
    ) -> Subscription:
        """Read the partitions in `start`, each from the given offset (`None`: from the end, i.e.
        only messages published after this call returned).

        An offset that retention has removed starts at the oldest kept message (counted, logged).
        `reader` names the reader in `commit` and in metrics, for example
        `candidate_gen.viewer_state`.

        Raises:
            BusUnavailableError: a partition starts from the end, and the broker does not answer
                in a few seconds.
            PreconditionError: an offset is past the end of a topic whose acknowledged messages
                cannot be lost: this is not the log that the offset came from. Or the topic exists
                with another partition count.
        """
        ...

    async def end_offsets(self, topic: Topic, partitions: Sequence[int]) -> dict[int, int]:
        """Partition -> offset the next message will get.

        Raises:
            BusUnavailableError: the broker does not answer in a few seconds.
        """
        ...

    async def committed(
        self, topic: Topic, partitions: Sequence[int], *, reader: str
    ) -> dict[int, int]:
        """Partition -> next offset `reader` committed last; partitions without one are left out.

        Raises:
            BusUnavailableError: the broker does not answer in a few seconds.
        """
        ...

    async def close(self) -> None:
        """Flush what was accepted (bounded by a few seconds) and release everything."""
        ...
