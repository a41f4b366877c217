"""What a call must pass before its handler runs: who calls, and whether there is room for it."""

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(slots=True)
class Call:
    """One call on its way in.

    Attributes:
        method: Full name, for example `/feedrank.v1.FeedService/GetFeed`.
        context: gRPC's, for metadata, peer and time remaining.
        caller: Name of who calls; all without an identity share the empty one.
    """

    method: str
    context: Any
    caller: str = ""


class Gate(Protocol):
    """Decides about a call before any work is done for it. Gates never wait."""

    def enter(self, call: Call) -> None:
        """Let the call in, or raise.

        Raises:
            FeedError: the answer to the caller; gates further in never see the call.
        """
        ...

    def leave(self, call: Call, elapsed_ms: float, *, succeeded: bool) -> None:
        """A call let in has ended, whatever happened to it; raises nothing."""
        ...
