"""How messages lie in RocksDB: keys sort by topic, partition, offset; values carry time and key.

| key                                          | value                                       |
|----------------------------------------------|---------------------------------------------|
| `m` topic NUL partition:u32 offset:u64       | timestamp_ms:i64 has_key:u8 key:i64 payload |
| `k` topic NUL partition:u32 key:i64 (biased) | offset:u64, newest of a key, compacted only |
| `s` topic NUL partition:u32                  | offset:u64, oldest message retention kept   |
| `t` topic                                    | partition count:u64                         |
| `g` topic NUL partition:u32 reader           | offset:u64, how far a reader came           |
| `!format`                                    | the sentinel, written before all else       |
| `!identity`                                  | random hex, which log this is               |

All integers are big-endian, so that byte order is number order.
"""

import struct

from serving.bus.bus import Message

SENTINEL_KEY = b"!format"
SENTINEL_VALUE = b"feedrank-log-1"
IDENTITY_KEY = b"!identity"

_OFFSET = struct.Struct(">Q")
_PARTITION = struct.Struct(">I")
_HEADER = struct.Struct(">qBq")
_INT64_BIAS = 1 << 63


def _prefix(kind: bytes, topic_name: str, partition: int) -> bytes:
    return kind + topic_name.encode() + b"\0" + _PARTITION.pack(partition)


def message_key(topic_name: str, partition: int, offset: int) -> bytes:
    return _prefix(b"m", topic_name, partition) + _OFFSET.pack(offset)


def message_prefix(topic_name: str, partition: int) -> bytes:
    return _prefix(b"m", topic_name, partition)


def newest_key(topic_name: str, partition: int, key: int) -> bytes:
    return _prefix(b"k", topic_name, partition) + _OFFSET.pack(key + _INT64_BIAS)


def oldest_key(topic_name: str, partition: int) -> bytes:
    return _prefix(b"s", topic_name, partition)


def topic_key(topic_name: str) -> bytes:
    return b"t" + topic_name.encode()


def group_key(topic_name: str, partition: int, reader: str) -> bytes:
    return _prefix(b"g", topic_name, partition) + reader.encode()


def encode_offset(offset: int) -> bytes:
    return _OFFSET.pack(offset)


def decode_offset(data: bytes) -> int:
    offset: int = _OFFSET.unpack(data)[0]
    return offset


def offset_of(key: bytes) -> int:
    """The offset at the end of a message's key."""
    return decode_offset(key[-_OFFSET.size :])


def encode_message(message: Message) -> bytes:
    has_key = message.key is not None
    return _HEADER.pack(message.timestamp_ms, has_key, message.key or 0) + message.value


def decode_message(partition: int, offset: int, data: bytes) -> Message:
    timestamp_ms, has_key, key = _HEADER.unpack_from(data)
    value = data[_HEADER.size :]
    return Message(partition, offset, key if has_key else None, value, timestamp_ms)


def timestamp_of(data: bytes) -> int:
    timestamp_ms: int = _HEADER.unpack_from(data)[0]
    return timestamp_ms
