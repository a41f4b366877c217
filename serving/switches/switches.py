"""The switches of one process, following their file.

A request reads one attribute, `now`, and goes by it to its end: what it holds never changes.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from serving.effort.rung import Rung
from serving.metrics import RUNG_FORCED, SWITCH_FILES, SWITCHED_OFF
from serving.metrics_recorder import Metrics
from serving.switches.switch import KINDS, Kind, Switch
from serving.switches.switch_file import SwitchFile, SwitchFileError

LOOK_S = 1.0
"""How often the file is looked at; within so long everybody has heard."""

NOTHING: frozenset[str] = frozenset()
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Switched:
    """What is off now.

    Attributes:
        off: Keys of this process's switches.
        rung: Nobody is to be served better than this.
    """

    off: frozenset[str] = NOTHING
    rung: Rung = Rung.FULL

    def names(self, kind: Kind) -> frozenset[str]:
        """Names of one kind that are off."""
        prefix = f"{kind}:"
        return frozenset(key.removeprefix(prefix) for key in self.off if key.startswith(prefix))

    def reasons(self, *kinds: Kind) -> list[str]:
        """Why answers are degraded that were made without them, in a stable order."""
        prefixes = tuple(f"{kind}:" for kind in kinds)
        return [f"switched_off:{key}" for key in sorted(self.off) if key.startswith(prefixes)]


ALL_ON = Switched()


class SwitchBoard(Protocol):
    """Says what is off; `now` is to be read once per request."""

    @property
    def now(self) -> Switched: ...


@dataclass(frozen=True, slots=True)
class FixedSwitches:
    """For who has no file to follow."""

    now: Switched = ALL_ON


EVERYTHING_ON = FixedSwitches()


class Switches:
    """Keeps `now` up to date while `run` runs. Belongs to one event loop.

    Attributes:
        now: What is off; to be read once per request.
    """

    def __init__(
        self,
        known: Iterable[Switch],
        path: Path,
        metrics: Metrics,
        wall_s: Callable[[], float] = time.time,
    ) -> None:
        """Read the file for the first time; one that is refused leaves everything on.

        Args:
            known: The switches of this process. Of kinds that it has none of, names are not
                checked: they are meant for other processes.
        """
        self._known: Mapping[str, Switch] = {switch.key: switch for switch in known}
        self._path = path
        self._metrics = metrics
        self._wall_s = wall_s
        self._stamp: tuple[int, int, int] | None = None
        self._file = SwitchFile()
        self.now = ALL_ON
        self.look()

    async def run(self) -> None:
        """Follow the file until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()

    def look(self) -> None:
        """Take in the file if it has changed, and drop what has expired."""
        stamp = _stamp(self._path)
        if stamp != self._stamp:
            self._stamp = stamp
            self._read()
        holding = self._file.still_holding(self._wall_s())
        off = frozenset(key for key in holding.off if key in self._known)
        if (off, holding.rung) != (self.now.off, self.now.rung):
            self._apply(Switched(off, holding.rung))

    def _read(self) -> None:
        try:
            file = SwitchFile.read(self._path)
            check_names(file, self._known)
        except (SwitchFileError, OSError) as error:
            self._metrics.counter(SWITCH_FILES, "refused").inc()
            log.error("switches refused: those before stay", cause=str(error))
            return
        self._file = file
        self._metrics.counter(SWITCH_FILES, "taken").inc()

    def _apply(self, switched: Switched) -> None:
        for key in self.now.off | switched.off:
            self._metrics.gauge(SWITCHED_OFF, key).set(key in switched.off)
        self._metrics.gauge(RUNG_FORCED).set(switched.rung)
        self.now = switched
        log.warning("switched", off=sorted(switched.off), rung=switched.rung.word)
        unsafe = sorted(key for key in switched.off if self._known[key].is_safety)
        if unsafe:
            log.error("UNSAFE: people may be shown what they must not be", off=unsafe)


def check_names(file: SwitchFile, known: Mapping[str, Switch]) -> None:
    """Refuse what nobody has, and safety switched off in passing.

    Args:
        known: By key. Names of kinds that none of them is of are not checked.

    Raises:
        SwitchFileError: names the entry and what would do.
    """
    kinds = {switch.kind for switch in known.values()}
    for key, entry in file.off.items():
        kind = key.partition(":")[0]
        if kind not in KINDS:
            raise SwitchFileError(f"off.{key}: no kind {kind!r}, there are {', '.join(KINDS)}")
        if kind in kinds and key not in known:
            valid = sorted(switch.key for switch in known.values() if switch.kind == kind)
            raise SwitchFileError(f"off.{key} is unknown, there are {', '.join(valid)}")
        if key in known and known[key].is_safety and not entry.unsafe:
            raise SwitchFileError(f"off.{key} protects people: it needs `unsafe = true` (--unsafe)")


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
