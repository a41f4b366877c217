import pytest

from serving.state.open_state_store import open_state_store
from serving.state.redis_state_store import RedisStateStore
from serving.state.rocksdb_state_store import RocksDbStateStore


async def test_rocksdb_address_makes_the_directory(tmp_path):
    store = open_state_store(f"rocksdb://{tmp_path}/deep/state")
    assert isinstance(store, RocksDbStateStore)
    assert (tmp_path / "deep" / "state").is_dir()
    await store.close()


@pytest.mark.parametrize(
    "address", ["redis://localhost:6379/3", "rediss://localhost?ssl_ca_certs=a"]
)
async def test_redis_address_connects_to_nothing_yet(address):
    store = open_state_store(address)
    assert isinstance(store, RedisStateStore)
    await store.close()


@pytest.mark.parametrize("address", ["", "redis", "kafka://a:1", "rocksdb://", "/var/state"])
def test_other_addresses_are_refused_with_the_ones_that_work(address):
    with pytest.raises(ValueError, match="need rocksdb://DIR, redis://HOST:PORT/DB"):
        open_state_store(address)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("redis:///0", "host is missing"),
        ("redis://host:99999/0", "port out of range"),
        ("redis://host:1/zero", "database is 'zero'"),
        ("redis://host:1/0?retry_on_timeout=yes", "option 'retry_on_timeout'"),
    ],
)
def test_a_redis_address_names_the_part_that_is_wrong(address, problem):
    with pytest.raises(ValueError, match=problem):
        open_state_store(address)


def test_a_password_is_never_shown():
    with pytest.raises(ValueError, match="database") as caught:
        open_state_store("redis://user:secret@host:1/zero")
    assert "secret" not in str(caught.value)
