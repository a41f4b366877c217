"""Keeps a replica set up to date with the addresses behind a name.

gRPC looks a name up again only when a connection is lost, so a replica that was added would stay
idle; here it gets traffic after one interval at most.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

INTERVAL_S = 5.0

Lookup = Callable[[str, str], Awaitable[set[str]]]
"""Name and port to `address:port` of every replica.

Raises:
    OSError: the name cannot be looked up now.
"""

Update = Callable[[set[str]], None]
Follow = Callable[[str, str, Update], Coroutine[Any, Any, None]]
"""Keeps somebody up to date with a name and port; see `follow_name`."""

log = structlog.get_logger()


async def look_up(name: str, port: str) -> set[str]:
    """What the machine's resolver says."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return {
        f"[{address[0]}]:{port}" if family == socket.AF_INET6 else f"{address[0]}:{port}"
        for family, _, _, _, address in found
    }


async def follow_name(
    name: str,
    port: str,
    update: Update,
    lookup: Lookup = look_up,
    interval_s: float = INTERVAL_S,
) -> None:
    """Call `update` with the addresses now and whenever they have changed, until cancelled.

    A name that cannot be looked up, or leads nowhere, changes nothing: replicas known so far may
    well be there.
    """
    known: set[str] = set()
    failed = False
    while True:
        try:
            found = await lookup(name, port)
        except OSError as error:
            if not failed:
                log.warning("name cannot be looked up", name=name, cause=str(error))
            failed = True
        else:
            failed = False
            if found and found != known:
                known = found
                update(found)
        await asyncio.sleep(interval_s)
