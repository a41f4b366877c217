from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.serving.admission.gated_server import Server


@pytest.fixture
async def servers() -> AsyncIterator[Callable[..., Server]]:
    opened: list[Server] = []

    def open_server(**fields: Any) -> Server:
        opened.append(Server(**fields))
        return opened[-1]

    yield open_server
    for server in opened:
        await server.close()
