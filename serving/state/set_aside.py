"""Opens a store that can be rebuilt from the bus, also where its directory is damaged.

What lies in it is an overlay: consumers find no checkpoints in an empty store, and replay from the
generation's offsets. The damaged directory is renamed, never deleted: people may want to look.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import structlog

from serving.errors import StateDamagedError

MAX_SET_ASIDE = 3
"""So many damaged copies mean that the disk is failing, and each takes its room."""

Store = TypeVar("Store")

log = structlog.get_logger()


def open_or_rebuild(directory: Path, open_store: Callable[[Path], Store]) -> Store:
    """Open `directory`; a damaged one is set aside and an empty one opened in its place.

    Raises:
        StateDamagedError: it is damaged, and `MAX_SET_ASIDE` copies lie beside it already.
        StateUnavailableError: it is locked, not ours, or cannot be made.
    """
    try:
        return open_store(directory)
    except StateDamagedError as damage:
        aside = set_aside(directory, damage)
        log.error(
            "damaged state set aside, it is rebuilt from the bus",
            directory=str(directory),
            set_aside=str(aside),
            cause=str(damage),
        )
    return open_store(directory)


def set_aside(directory: Path, damage: StateDamagedError) -> Path:
    """Rename a damaged directory; where it is now.

    Raises:
        StateDamagedError: too many lie there already; names them.
    """
    places = [directory.with_name(f"{directory.name}.damaged-{n}") for n in range(MAX_SET_ASIDE)]
    free = [place for place in places if not place.exists()]
    if not free:
        raise StateDamagedError(
            f"{damage}; {MAX_SET_ASIDE} damaged copies lie beside it already "
            f"({places[0].name} and so on): check the disk, and remove them"
        ) from damage
    directory.rename(free[0])
    return free[0]
