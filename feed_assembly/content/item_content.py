"""What a page shows of one item that was published since the generation was built."""

from typing import NamedTuple


class ItemContent(NamedTuple):
    """Texts are empty and numbers 0 where nothing is known.

    Attributes:
        created_ms: Unix milliseconds.
    """

    title: str = ""
    text: str = ""
    media_url: str = ""
    author_name: str = ""
    author_avatar_url: str = ""
    categories: tuple[str, ...] = ()
    created_ms: int = 0
    duration_ms: int = 0
