"""How our messages and Kafka's records correspond."""

import struct

from aiokafka import ConsumerRecord

from serving.bus.bus import Message

_KEY = struct.Struct(">q")


def encode_key(key: int | None) -> bytes | None:
    return None if key is None else _KEY.pack(key)


def decode_message(record: ConsumerRecord) -> Message:
    """A foreign producer's key that is not 8 bytes long reads as no key."""
    has_key = record.key is not None and len(record.key) == _KEY.size
    key = _KEY.unpack(record.key)[0] if has_key else None
    return Message(record.partition, record.offset, key, record.value, record.timestamp)
