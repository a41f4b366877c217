"""A full disk under the embedded log: publishing is refused, reading goes on, room heals it.

The limit on the size of files stands in for the disk: what lies beyond it cannot be written.
"""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from serving.bus.log_bus import LogBus
from serving.bus.log_database import LogDatabase
from serving.errors import BusUnavailableError
from tests.serving.bus.builders import a_topic, read, values
from tests.serving.bus.logs import TIMEOUT_S, all_values, opened

FULL_BYTES = 200_000
VALUE = b"v" * 1_000


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process grows beyond `FULL_BYTES` meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_BYTES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def fill(bus: LogBus, topic) -> int:
    """Publish one after another until it is refused; how many were acknowledged."""
    for number in range(1_000):
        try:
            await bus.publish(topic, b"%d" % number + VALUE, partition=0, timeout_s=TIMEOUT_S)
        except BusUnavailableError:
            return number
    raise AssertionError("the disk was never full")


async def test_publishing_is_refused_and_readers_go_on(tmp_path):
    bus, topic = await opened(tmp_path), a_topic(partitions=1)
    with full_disk():
        kept = await fill(bus, topic)
        with pytest.raises(BusUnavailableError, match="takes no writes"):
            await bus.publish(topic, VALUE, partition=0, timeout_s=TIMEOUT_S)
        assert len(await all_values(bus, topic)) == kept > 50
        subscription = await bus.subscribe(topic, {0: 0}, reader="test")
        with pytest.raises(BusUnavailableError):  # which ends no consumer
            await subscription.commit({0: 1})
    await bus.close()


async def test_the_first_message_after_there_is_room_is_taken(tmp_path):
    bus, topic = await opened(tmp_path), a_topic(partitions=1)
    live = await bus.subscribe(topic, {0: None}, reader="test")
    with full_disk():
        kept = await fill(bus, topic)
    _, offset = await bus.publish(topic, b"after", partition=0, timeout_s=TIMEOUT_S)
    assert offset >= kept
    assert (await all_values(bus, topic))[-1] == b"after"
    assert values(await read(live, offset + 1))[-1] == b"after"
    await bus.close()
    again = await opened(tmp_path)
    assert (await all_values(again, topic))[:kept] == [b"%d" % n + VALUE for n in range(kept)]
    assert (await all_values(again, topic))[offset] == b"after"
    await again.close()


async def test_a_write_that_failed_and_was_kept_all_the_same_keeps_its_offset(
    tmp_path, monkeypatch
):
    write = LogDatabase.write

    def kept_but_not_synced(self, batch, *, sync):
        write(self, batch, sync=sync)
        self._takes_writes = False
        raise BusUnavailableError("input/output error")

    bus, topic = await opened(tmp_path), a_topic(partitions=1)
    live = await bus.subscribe(topic, {0: 0}, reader="test")
    await bus.publish(topic, b"first", partition=0, timeout_s=TIMEOUT_S)
    with monkeypatch.context() as patch:
        patch.setattr(LogDatabase, "write", kept_but_not_synced)
        with pytest.raises(BusUnavailableError, match="input/output"):
            await bus.publish(topic, b"doubtful", partition=0, timeout_s=TIMEOUT_S)
    assert await bus.publish(topic, b"next", partition=0, timeout_s=TIMEOUT_S) == (0, 2)
    assert values(await read(live, 3)) == [b"first", b"doubtful", b"next"]
    await bus.close()


async def test_it_closes_though_its_last_notes_cannot_be_written(tmp_path):
    bus, topic = await opened(tmp_path), a_topic(partitions=1)
    with full_disk():
        kept = await fill(bus, topic)
        await bus.close()
    again = await opened(tmp_path)
    assert len(await all_values(again, topic)) >= kept
    await again.close()
