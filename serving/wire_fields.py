"""Fields of protobuf messages around bytes that are written already."""

DELIMITED, FOUR_BYTES = 2, 5
"""How a field is written, the last three bits of its tag."""

MAX_SHORT = 127
"""Longest field whose length takes one byte."""


def delimited(number: int, content: bytes) -> bytes:
    """A string, bytes or message as field `number`, which is under 16."""
    return bytes([number << 3 | DELIMITED]) + varint(len(content)) + content


def varint(value: int) -> bytes:
    """A number from 0 on."""
    if value <= MAX_SHORT:
        return bytes([value])
    return bytes([value & 0x7F | 0x80]) + varint(value >> 7)
