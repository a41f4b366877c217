"""Lets a servicer answer with the bytes of its message where it has them already."""

from collections.abc import Callable
from typing import Any


def as_message(written: bytes) -> Any:
    """The bytes, where the type of a method asks for the message."""
    return written


def written_or(serialize: Callable[[Any], bytes] | None) -> Callable[[Any], bytes] | None:
    """A serializer that leaves bytes as they are."""
    if serialize is None:
        return None

    def serialized(answer: Any) -> bytes:
        return answer if isinstance(answer, bytes) else serialize(answer)

    return serialized
