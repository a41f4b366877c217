"""Picks the state store by address, so that no other code asks which one it is.

Only the one that is picked is imported: the client of Redis takes a tenth of a second and 8 MiB.
"""

from pathlib import Path

from serving.state.state_store import StateStore


def open_state_store(address: str, *, timeout_ms: int | None = None) -> StateStore:
    """Open `rocksdb://DIR`, `redis://host:port/db` or `rediss://…` (over TLS).

    A Redis that is away does not fail this: calls fail until it is back. A RocksDB directory is
    opened, or made, at once, and a damaged one set aside, see `open_or_rebuild`; relative paths
    (`rocksdb://state`) count from the working directory.

    Args:
        timeout_ms: Longest wait for one Redis call, the usual one unless given, and for a
            connection if that is more than the usual wait; RocksDB answers from memory.

    Raises:
        ValueError: the address cannot be understood.
        StateUnavailableError: the RocksDB directory is locked, or not one of ours.
    """
    scheme, separator, rest = address.partition("://")
    if separator and rest and scheme == "rocksdb":
        from serving.state.rocksdb_state_store import RocksDbStateStore
        from serving.state.set_aside import open_or_rebuild

        return open_or_rebuild(Path(rest), RocksDbStateStore)
    if separator and rest and scheme in ("redis", "rediss"):
        from serving.state.redis_state_store import (
            CONNECT_TIMEOUT_MS,
            OPERATION_TIMEOUT_MS,
            RedisStateStore,
        )

        wait_ms = timeout_ms or OPERATION_TIMEOUT_MS
        return RedisStateStore(
            address, timeout_ms=wait_ms, connect_timeout_ms=max(wait_ms, CONNECT_TIMEOUT_MS)
        )
    raise ValueError(  # the rest of an address may hold a password, so it is not shown
        f"state address starts with {scheme[:20]!r}, "
        "need rocksdb://DIR, redis://HOST:PORT/DB or rediss://HOST:PORT/DB"
    )
