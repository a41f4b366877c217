"""How far down a request is taken: each rung costs less than the one above, and gives less."""

from enum import IntEnum


class Rung(IntEnum):
    """The ladder, best first. Numbers are those of `protos/candidates.proto`.

    FULL: all stages, as wide as the time left allows.
    FEWER_PROBES: a quarter of the index probes, and fewer candidates.
    SMALLER_RANKER: the same, in the order of the pre-ranker.
    STORED: no new list; what is left of a stored feed.
    FLOOR: no list at all; the popular floor.
    """

    FULL = 0
    FEWER_PROBES = 1
    SMALLER_RANKER = 2
    STORED = 3
    FLOOR = 4

    @property
    def word(self) -> str:
        """As in headers, files and receipts."""
        return self.name.lower()

    @property
    def reason(self) -> str:
        """Why an answer is degraded that was forced onto this rung."""
        return f"rung_forced:{self.word}"

    @staticmethod
    def of_word(word: str) -> "Rung":
        """Raises ValueError that names the words there are."""
        for rung in Rung:
            if rung.word == word:
                return rung
        raise ValueError(f"{word!r} is no rung, need one of {', '.join(r.word for r in Rung)}")
