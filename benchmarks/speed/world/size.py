"""How large a world of the bench is; every number that its cost depends on."""

from dataclasses import asdict, dataclass

FORMAT = 3
"""Raised when the same size would give other files."""

TOPICS = 4_000
"""Clusters of vectors, 20 of them to a group of like ones."""

GROUPS = 200
CATEGORIES = 64
POSITIVES = 50
SEEN = 200
FRIENDS = 30
BLOCKS = 5
MUTES = 3
ITEMS_PER_AUTHOR = 20


@dataclass(frozen=True, slots=True)
class WorldSize:
    """Attributes:
    items: Each with a vector of 64.
    shards: 1 to 8, by hash of the item id.
    viewers: Each with 200 seen items, 50 positives and 30 friends.
    follows: Authors and friends followed by every viewer, more than `FRIENDS`.
    """

    items: int = 1_000_000
    shards: int = 2
    viewers: int = 100_000
    follows: int = 300
    seed: int = 7

    @property
    def name(self) -> str:
        """Differs whenever the files would."""
        return "-".join([f"v{FORMAT}", *(f"{key}{value}" for key, value in asdict(self).items())])

    @property
    def authors(self) -> int:
        return max(400, self.items // ITEMS_PER_AUTHOR)

    @property
    def first_author(self) -> int:
        """Authors are viewers who never ask: their ids come after those who do."""
        return self.viewers
