"""The names behind codes: small integers that stand for regions, languages, categories and so on.

Code 0 always means "none or unknown"; the first name has code 1. Names a generation does not know
get 0, so that a new name never fails a request.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Names:
    """One family of names, in code order (the first has code 1)."""

    names: tuple[str, ...]

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {name: code for code, name in enumerate(self.names, start=1)}

    def code(self, name: str | None) -> int:
        """Code of `name`; 0 when it is empty, `None` or unknown."""
        return self._codes.get(name or "", 0)

    def name(self, code: int) -> str:
        """Name of `code`; empty for 0."""
        return self.names[code - 1] if 0 < code <= len(self.names) else ""

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Vocabulary:
    """All families of one generation."""

    regions: Names
    languages: Names
    categories: Names
    surfaces: Names
    devices: Names

    @staticmethod
    def of(**families: Sequence[str]) -> "Vocabulary":
        """Build from name lists; duplicates and empty names are the caller's mistake."""
        return Vocabulary(**{family: Names(tuple(names)) for family, names in families.items()})

    @staticmethod
    def read(path: Path) -> "Vocabulary":
        return Vocabulary.of(**json.loads(path.read_text()))

    def write(self, path: Path) -> None:
        families = ("regions", "languages", "categories", "surfaces", "devices")
        path.write_text(
            json.dumps(
                {f: list(getattr(self, f).names) for f in families}, ensure_ascii=False, indent=1
            )
        )
