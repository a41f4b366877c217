"""The stores that an overlay may lie in, each test under a generation's name of its own."""

from itertools import count

import pytest

from serving.state.open_state_store import open_state_store

PATIENT_MS = 5_000
numbers = count()


@pytest.fixture(params=["rocksdb", pytest.param("redis", marks=pytest.mark.redis)])
async def either_store(request, tmp_path):
    address = f"rocksdb://{tmp_path / 'overlay'}"
    if request.param == "redis":
        address = request.getfixturevalue("redis_server").address
    store = open_state_store(address, timeout_ms=PATIENT_MS)
    yield store
    await store.close()


@pytest.fixture
def generation() -> str:
    return f"viewer-state-{next(numbers)}"
