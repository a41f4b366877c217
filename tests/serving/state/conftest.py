"""The stores that every contract test runs over."""

from collections.abc import AsyncIterator
from itertools import count

import pytest

from serving.state.open_state_store import open_state_store
from serving.state.state_store import StateStore

ADDRESSES = ["rocksdb", pytest.param("redis", marks=pytest.mark.redis)]
PATIENT_MS = 5_000
"""These tests are about answers, not speed: a busy machine must not fail them."""

numbers = count()


@pytest.fixture(params=ADDRESSES)
def address(request, tmp_path) -> str:
    if request.param == "rocksdb":
        return f"rocksdb://{tmp_path / 'state'}"
    return request.getfixturevalue("redis_server").address


@pytest.fixture
async def store(address) -> AsyncIterator[StateStore]:
    store = open_state_store(address, timeout_ms=PATIENT_MS)
    yield store
    await store.close()


@pytest.fixture
def name() -> str:
    """A name of this test's own, to keep the tests apart on the Redis that they share."""
    return f"test-{next(numbers)}"


@pytest.fixture
def prefix(name) -> bytes:
    return name.encode() + b"/"
