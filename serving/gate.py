"""What a call must pass before its handler runs: who calls, and whether there is room for it."""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, Protocol

from serving.deadline import DEFAULT_MS, Deadline
from serving.ending import Ending


@dataclass(slots=True)
class Call:
    """One call on its way in.

    Attributes:
        method: Full name, for example `/feedrank.v1.FeedService/GetFeed`.
        context: gRPC's, for metadata and peer.
        caller: Name of who calls; all without an identity share the empty one.
        request: The message, as yet unchecked.
        deadline: Until when the caller waits.
        turn: What the admission gate noted.
    """

    method: str
    context: Any
    caller: str = ""
    request: Any = None
    deadline: Deadline = field(default_factory=lambda: Deadline.after_ms(DEFAULT_MS))
    turn: Any = None


class Gate(Protocol):
    """Decides about a call before any work is done for it."""

    def enter(self, call: Call) -> Awaitable[None] | None:
        """Let the call in at once (`None`) or when what is returned is done, or raise.

        Raises, or the awaitable does:
            FeedError: the answer to the caller; gates further in never see the call.
        """
        ...

    def leave(self, call: Call, ending: Ending) -> None:
        """A call let in has ended, whatever happened to it; raises nothing."""
        ...
