"""Where "now" comes from, so that imported history can be served as if it were today.

A generation knows its data time. With the data clock, time runs on from there together with the
wall; the distance is written down once, so a restart finds time run on and never back.
"""

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Protocol

DAY_MS = 86_400_000
ANCHOR_FILE = "clock.json"


class Clock(Protocol):
    """Tells the time requests are answered at. Deadlines never use it."""

    def now_ms(self) -> int:
        """Unix milliseconds."""
        ...


class WallClock:
    """The machine's time."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


class OffsetClock:
    """The wall, moved by a constant: runs on as it does."""

    def __init__(self, offset_ms: int, wall: Clock) -> None:
        self.offset_ms = offset_ms
        self._wall = wall

    def now_ms(self) -> int:
        return self._wall.now_ms() + self.offset_ms


@dataclass(frozen=True, slots=True)
class ClockAnchor:
    """What `home/clock.json` remembers.

    Attributes:
        clock: Which clock this installation runs on.
        offset_ms: Data time minus wall time; 0 for the wall.
        generation: The generation that set the offset.
        data_time_ms: That generation's data time.
    """

    clock: Literal["data", "wall"]
    offset_ms: int
    generation: str
    data_time_ms: int


def open_clock(
    choice: Literal["auto", "data", "wall"],
    home: Path,
    generation: str,
    data_time_ms: int,
    *,
    offset_ms: int | None = None,
    wall: Clock | None = None,
) -> Clock:
    """The clock that the settings ask for.

    Args:
        choice: `auto` keeps to what `home` remembers; at first start it takes the wall when the
            data time is at most a day away from it, else the data clock.
        generation: Name of the generation in service.
        data_time_ms: Its data time, Unix milliseconds.
        offset_ms: An offset agreed on elsewhere; nothing is read or written then.

    Raises:
        ValueError: `clock.json` in `home` cannot be read.
    """
    wall = wall or WallClock()
    if choice == "wall":
        return wall
    if offset_ms is not None:
        return OffsetClock(offset_ms, wall)
    anchor = _anchored(choice, home, generation, data_time_ms, wall)
    return wall if anchor.clock == "wall" else OffsetClock(anchor.offset_ms, wall)


def data_clock_offset(
    home: Path, generation: str, data_time_ms: int, wall: Clock | None = None
) -> int:
    """The offset of the data clock of this installation, written down when it is new.

    The first call makes `data_time_ms` the present. Later ones return the same offset; only a
    generation whose data is newer than the clock has come moves it, and only forward.

    Raises:
        ValueError: `clock.json` in `home` cannot be read.
    """
    return _anchored("data", home, generation, data_time_ms, wall or WallClock()).offset_ms


def _anchored(
    choice: Literal["auto", "data"], home: Path, generation: str, data_time_ms: int, wall: Clock
) -> ClockAnchor:
    home.mkdir(parents=True, exist_ok=True)
    # All processes of one home start together and must agree on one offset.
    with (home / "clock.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        old = _read(home / ANCHOR_FILE)
        new = _next_anchor(old, choice, generation, data_time_ms, wall.now_ms())
        if new != old:
            _write(home / ANCHOR_FILE, new)
        return new


def _next_anchor(
    old: ClockAnchor | None, choice: str, generation: str, data_time_ms: int, wall_ms: int
) -> ClockAnchor:
    offset_ms = data_time_ms - wall_ms
    if choice == "auto" and (old.clock == "wall" if old else abs(offset_ms) <= DAY_MS):
        return old or ClockAnchor("wall", 0, generation, data_time_ms)
    if old and old.clock == "data" and old.offset_ms >= offset_ms:
        return old
    return ClockAnchor("data", offset_ms, generation, data_time_ms)


def _read(path: Path) -> ClockAnchor | None:
    try:
        return ClockAnchor(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} does not hold a clock: {error}") from error


def _write(path: Path, anchor: ClockAnchor) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(asdict(anchor), file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
