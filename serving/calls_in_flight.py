"""How many calls are being answered, so that a drain ends as soon as the last one has."""

import asyncio


class CallsInFlight:
    """Counted by the interceptor, waited for by the server. One event loop only."""

    def __init__(self) -> None:
        self.count = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def begin(self) -> None:
        self.count += 1
        self._idle.clear()

    def end(self) -> None:
        self.count -= 1
        if self.count == 0:
            self._idle.set()

    async def idle(self) -> None:
        """Return once no call is in flight."""
        await self._idle.wait()
