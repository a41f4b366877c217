"""One call at the admission gate, waiting for its turn or having it."""

import asyncio
from dataclasses import dataclass

from serving.deadline import Deadline


@dataclass(slots=True, eq=False)
class Turn:
    """A place in a lane.

    Attributes:
        caller: Name of who calls; see `FairQueue` for whose turn is next.
        deadline: Until when the answer is of use.
        begun_s: When it began to run, on the gate's clock.
        running: Calls of the lane that ran then, this one included; 0 while it waits.
        granted: Done once the call may run, or failed with why not; `None` if it never waited.
    """

    caller: str
    deadline: Deadline
    begun_s: float
    running: int = 0
    granted: asyncio.Future[None] | None = None
