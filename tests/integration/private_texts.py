"""Everything of a ring that neither answers nor logs may tell."""

from collections.abc import Iterable
from pathlib import Path

import grpc

SHORTEST_LINE = 20
"""Of what lines of key files are searched for: shorter ones could be anything."""


class PrivateTexts:
    """Folders, keys and tokens."""

    def __init__(self, folders: Iterable[Path], texts: Iterable[str] = ()) -> None:
        """`folders`: whose names are private, and the contents of all keys within."""
        roots = list(folders)
        keys = [
            path
            for root in roots
            for pattern in ("*.key", "*.keys", "*.pem")
            for path in root.rglob(pattern)
            if b"CERTIFICATE" not in path.read_bytes()
        ]
        words = {
            word
            for path in keys
            for line in path.read_text().splitlines()
            for word in line.split()
            if len(word) >= SHORTEST_LINE
        }
        assert words, "no keys were found: nothing would be looked for"
        self._texts = [*map(str, roots), *words, *texts]

    def within(self, told: str) -> list[str]:
        """Which of them `told` contains."""
        return [text for text in self._texts if text in told]


def told_by(error: grpc.RpcError) -> str:
    """Everything a failed call brings back: message, and trailing metadata with the details."""
    trailing = error.trailing_metadata() or ()
    values = [value if isinstance(value, str) else value.decode("latin-1") for _, value in trailing]
    return " ".join([error.details() or "", *values])
