"""The embedded log and its disk: what is synced, kills, full, slow, damaged and foreign ones."""

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from serving.bus import log_directory
from serving.bus.log_bus import LogBus
from serving.bus.log_storage import LogStorage
from serving.errors import BusUnavailableError, PreconditionError
from tests.serving.bus.builders import a_topic, read, values
from tests.serving.bus.logs import TIMEOUT_S, a_topic_named, all_values, opened


async def test_concurrent_publishes_share_a_synced_write(tmp_path):
    bus = await opened(tmp_path)
    topic = a_topic()
    waiting = (bus.publish(topic, b"x", key=key, timeout_s=TIMEOUT_S) for key in range(500))
    await asyncio.gather(*waiting)
    assert 1 <= bus.counters.disk_syncs <= 5
    await bus.close()


@pytest.mark.parametrize(("acks", "synced"), [("all", True), ("leader", False)])
async def test_only_topics_that_promise_it_are_synced(tmp_path, monkeypatch, acks, synced):
    append, seen = LogStorage.append, []

    def recorded(self, messages, *, sync):
        seen.append(sync)
        append(self, messages, sync=sync)

    monkeypatch.setattr(LogStorage, "append", recorded)
    bus = await opened(tmp_path)
    await bus.publish(a_topic(acks=acks), b"x", key=1, timeout_s=TIMEOUT_S)
    assert seen == [synced]
    assert bus.counters.disk_syncs == synced
    await bus.close()


async def test_acknowledged_messages_survive_kill_9(tmp_path):
    acknowledged = await asyncio.to_thread(publish_in_a_process_and_kill_it, tmp_path, 200)
    bus = await opened(tmp_path)
    kept = await all_values(bus, a_topic_named("killed"))
    assert acknowledged == list(range(200))
    assert kept[:200] == [b"%d" % number for number in acknowledged]
    await bus.close()


def publish_in_a_process_and_kill_it(directory: Path, count: int) -> list[int]:
    """The first `count` numbers that the process said were acknowledged."""
    command = [sys.executable, "-m", "tests.serving.bus.publish_until_killed", str(directory)]
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as process:
        acknowledged = [int(process.stdout.readline()) for _ in range(count)]
        process.kill()
    return acknowledged


async def test_send_is_bounded_by_count_and_by_bytes(tmp_path):
    topic = a_topic(partitions=1, acks="leader")
    by_count = await opened(tmp_path / "a", max_pending_messages=2)
    assert [by_count.send(topic, b"x", partition=0) for _ in range(3)] == [True, True, False]
    by_bytes = await opened(tmp_path / "b", max_pending_bytes=10)
    assert [by_bytes.send(topic, b"x" * 6, partition=0) for _ in range(2)] == [True, False]
    assert (by_count.counters.dropped, by_bytes.counters.dropped) == (1, 1)
    await by_count.close()
    await by_bytes.close()


async def test_a_failing_disk_fails_the_publish_and_takes_no_offset(tmp_path, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError("No space left on device")

    bus = await opened(tmp_path)
    topic = a_topic(partitions=1)
    with monkeypatch.context() as patch:
        patch.setattr(LogStorage, "append", full)
        with pytest.raises(BusUnavailableError, match="No space left"):
            await bus.publish(topic, b"lost", partition=0, timeout_s=TIMEOUT_S)
    assert bus.counters.publish_failures == 1
    assert await bus.publish(topic, b"kept", partition=0, timeout_s=TIMEOUT_S) == (0, 0)
    assert await all_values(bus, topic) == [b"kept"]
    await bus.close()


async def test_a_slow_disk_makes_publish_give_up_in_time_and_blocks_nobody(tmp_path, monkeypatch):
    disk_is_back = threading.Event()
    append = LogStorage.append

    def slow(*args, **kwargs):
        assert disk_is_back.wait(TIMEOUT_S)
        append(*args, **kwargs)

    monkeypatch.setattr(LogStorage, "append", slow)
    bus = await opened(tmp_path)
    topic = a_topic(partitions=1)
    subscription = await bus.subscribe(topic, {0: None}, reader="test")
    with pytest.raises(BusUnavailableError, match=r"not written within 0\.05 s"):
        await bus.publish(topic, b"late", partition=0, timeout_s=0.05)
    disk_is_back.set()
    assert values(await read(subscription, 1)) == [b"late"]
    await subscription.close()
    await bus.close()


async def test_a_damaged_list_of_ends_is_refused_by_name(tmp_path):
    await (await opened(tmp_path)).close()
    (tmp_path / "ends.json").write_text("{")
    with pytest.raises(PreconditionError, match=r"ends\.json is damaged"):
        await LogBus(tmp_path).start()


async def test_publish_before_start_is_refused(tmp_path):
    with pytest.raises(BusUnavailableError, match="not started"):
        await LogBus(tmp_path).publish(a_topic(), b"x", partition=0, timeout_s=TIMEOUT_S)


async def test_a_directory_in_use_is_refused_by_name(tmp_path):
    bus = await opened(tmp_path)
    with pytest.raises(BusUnavailableError, match=f"{tmp_path}: another process holds it"):
        await LogBus(tmp_path).start()
    await bus.close()


async def test_a_foreign_directory_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(PreconditionError, match="not a feedrank log"):
        await LogBus(tmp_path).start()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


async def test_a_cut_manifest_is_refused_before_anything_is_deleted(tmp_path):
    topic = a_topic(partitions=1)
    for _ in range(3):  # each open flushes the log before it into a data file
        bus = await opened(tmp_path)
        await bus.publish(topic, b"x", partition=0, timeout_s=TIMEOUT_S)
        await bus.close()
    (manifest,) = (tmp_path / "rocksdb").glob("MANIFEST-*")
    data_files = sorted((tmp_path / "rocksdb").glob("*.sst"))
    assert data_files
    manifest.write_bytes(manifest.read_bytes()[: manifest.stat().st_size // 2])
    with pytest.raises(PreconditionError, match=r"lost data|no sentinel|damaged"):
        await LogBus(tmp_path).start()
    assert all(path.exists() for path in data_files)


def test_a_block_that_cannot_be_read_is_no_lock_of_another_process(tmp_path, monkeypatch):
    def damaged(*_: object, **__: object) -> None:
        raise Exception("Corruption: block checksum mismatch")

    monkeypatch.setattr(log_directory, "Rdict", damaged)
    with pytest.raises(BusUnavailableError, match="block checksum mismatch"):
        log_directory._open(tmp_path / "database")
