"""How values lie in RocksDB: behind their version and expiry; and finding those that expired."""

import struct

from rocksdict import Rdict

from serving.state.rocksdb_directory import SENTINEL_KEY
from serving.state.state_store import Versioned

HEADER = struct.Struct(">QQ")
"""In front of every value: version, and expiry in Unix milliseconds (0: never)."""


def pack_value(version: int, expires_ms: int, value: bytes) -> bytes:
    return HEADER.pack(version, expires_ms) + value


def unpack_value(raw: bytes | None, now_ms: int) -> Versioned | None:
    """`None` for nothing, and for what has expired."""
    if raw is None:
        return None
    version, expires_ms = HEADER.unpack_from(raw)
    return None if _is_expired(expires_ms, now_ms) else Versioned(version, raw[HEADER.size :])


def expired_keys(
    database: Rdict, first_key: bytes, max_keys: int, now_ms: int
) -> tuple[list[bytes], bytes]:
    """The expired among the next `max_keys` keys, and the key to go on from, round and round.

    Raises:
        Exception: a block cannot be read.
    """
    cursor = database.iter()
    cursor.seek(first_key)
    expired = []
    for _ in range(max_keys):
        if not cursor.valid():
            break
        key, value = cursor.key(), cursor.value()
        if key != SENTINEL_KEY and _is_expired(HEADER.unpack_from(value)[1], now_ms):
            expired.append(key)
        cursor.next()
    cursor.status()  # raises if the cursor ended because of damage
    return expired, cursor.key() if cursor.valid() else SENTINEL_KEY


def keys_that_begin(database: Rdict, prefix: bytes) -> list[bytes]:
    """All keys with this prefix, in order, those of expired values included.

    Raises:
        Exception: a block cannot be read.
    """
    cursor = database.iter()
    cursor.seek(prefix)
    keys: list[bytes] = []
    while cursor.valid() and cursor.key().startswith(prefix):
        keys.append(cursor.key())
        cursor.next()
    cursor.status()  # raises if the cursor ended because of damage
    return keys


def _is_expired(expires_ms: int, now_ms: int) -> bool:
    return 0 < expires_ms <= now_ms
