"""Protobuf messages as plain values for `--json`.

The library's own JSON writes int64 as text; ids here are numbers, as in the data.
"""

from typing import Any

from google.protobuf.message import Message

Plain = dict[str, Any]


def plain(message: Message) -> Plain:
    """Every field by its name, also where it has its default; absent messages are `None`."""
    return {field.name: _value(message, field) for field in message.DESCRIPTOR.fields}


# The library has two classes of field descriptors, in C and in Python, and no type for both.
def _value(message: Message, field: Any) -> Any:
    value = getattr(message, field.name)
    if field.message_type is None:
        return list(value) if field.is_repeated else value
    if field.message_type.GetOptions().map_entry:
        return dict(value)
    if field.is_repeated:
        return [plain(entry) for entry in value]
    return plain(value) if message.HasField(field.name) else None
