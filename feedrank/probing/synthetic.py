"""The viewers, the author and the items that a probe makes up: ids that nobody else has.

Ids from `FIRST_ID` on are reserved for probes; products must not use them. Items are visible to
followers only, and only the probe's own viewers follow its author, so nobody else is shown one.
"""

import secrets
from dataclasses import dataclass

FIRST_ID = 2**62
IDS = 2**40
"""Probes draw from so many: two never meet."""


@dataclass(frozen=True, slots=True)
class SyntheticIds:
    """Of one run.

    Attributes:
        viewer: Looks, likes and blocks.
        onlooker: Another viewer, who looks once the item is deleted.
        author: Of both items; followed by the two viewers.
        blocked_item: Disappears as its author is blocked.
        deleted_item: Disappears as it is deleted.
    """

    viewer: int
    onlooker: int
    author: int
    blocked_item: int
    deleted_item: int


def new_ids() -> SyntheticIds:
    """Ids that no other run has used."""
    first = FIRST_ID + 8 * secrets.randbelow(IDS)
    return SyntheticIds(first, first + 1, first + 2, first + 3, first + 4)
