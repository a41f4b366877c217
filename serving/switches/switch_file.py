"""The file of switches: what is off, which rung is forced, and until when.

    [rung]
    name = "smaller_ranker"
    until = 2026-11-21T10:30:00Z

    [off."source:popular"]
    until = 2026-11-21T10:30:00Z

    [off."filter:blocked"]
    unsafe = true

Times have a zone; without `until` an entry stays until somebody removes it. No file: all is on.
"""

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from serving.effort.rung import Rung

MAX_BYTES = 64 * 1024
EARLIEST_YEAR, LATEST_YEAR = 1970, 9000


class SwitchFileError(ValueError):
    """The file cannot be followed; the message names the entry and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is asked of one switch.

    Attributes:
        until: Of no effect from then on; `None` for ever.
        unsafe: Somebody means it, though people may be shown what they must not be.
    """

    until: datetime | None = None
    unsafe: bool = False

    def holds_at(self, now_s: float) -> bool:
        """`now_s`: seconds since 1970."""
        return self.until is None or now_s < self.until.timestamp()


@dataclass(frozen=True, slots=True)
class SwitchFile:
    """What the file says, names unchecked.

    Attributes:
        off: By key of the switch.
        rung: Nobody is to be served better than this.
    """

    off: Mapping[str, Entry] = field(default_factory=dict)
    rung: Rung = Rung.FULL
    rung_entry: Entry = Entry()

    @staticmethod
    def read(path: Path) -> "SwitchFile":
        """What is in the file; everything on where there is none.

        Raises:
            SwitchFileError: it is not of the form above.
            OSError: it cannot be read.
        """
        try:
            with path.open("rb") as file:
                contents = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return SwitchFile()
        if len(contents) > MAX_BYTES:
            raise SwitchFileError(f"more than {MAX_BYTES} bytes")
        try:
            table = tomllib.loads(contents.decode())
        except (ValueError, RecursionError) as error:
            raise SwitchFileError(f"no TOML: {error}") from error
        _only(table, "the file", ("rung", "off"))
        off, rung = _table(table, "off"), _table(table, "rung")
        entries = {key: _entry(f"off.{key}", _table(off, key), ("unsafe",)) for key in off}
        if not rung:
            return SwitchFile(entries)
        return SwitchFile(entries, _rung(rung), _entry("rung", rung, ("name",)))

    def write(self, path: Path) -> None:
        """Replace the file in one step, so that no process reads half of it."""
        temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
        temporary.write_text(self._text())
        temporary.replace(path)

    def still_holding(self, now_s: float) -> "SwitchFile":
        """Without what has expired."""
        off = {key: entry for key, entry in self.off.items() if entry.holds_at(now_s)}
        if self.rung_entry.holds_at(now_s):
            return SwitchFile(off, self.rung, self.rung_entry)
        return SwitchFile(off)

    def _text(self) -> str:
        lines = ["# Written by `feedrank switch`."]
        if self.rung != Rung.FULL:
            lines += ["", "[rung]", f'name = "{self.rung.word}"', *_lines(self.rung_entry)]
        for key, entry in self.off.items():
            lines += ["", f"[off.{_quoted(key)}]", *_lines(entry)]
        return "\n".join(lines) + "\n"


def _quoted(key: str) -> str:
    """As a basic string of TOML, which is one of JSON but for the character DEL."""
    return json.dumps(key, ensure_ascii=False).replace("\x7f", "\\u007f")


def _lines(entry: Entry) -> list[str]:
    lines = []
    if entry.until is not None:
        lines.append(f"until = {entry.until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    if entry.unsafe:
        lines.append("unsafe = true")
    return lines


def _rung(table: Mapping[str, Any]) -> Rung:
    try:
        return Rung.of_word(str(table.get("name")))
    except ValueError as error:
        raise SwitchFileError(f"rung.name: {error}") from error


def _entry(where: str, table: Mapping[str, Any], further: tuple[str, ...]) -> Entry:
    _only(table, where, ("until", *further))
    until, unsafe = table.get("until"), table.get("unsafe", False)
    if until is not None and (not isinstance(until, datetime) or until.tzinfo is None):
        raise SwitchFileError(f"{where}.until: {until} is no time with a zone")
    if until is not None and not EARLIEST_YEAR <= until.year <= LATEST_YEAR:
        problem = f"{until} is not from {EARLIEST_YEAR} to {LATEST_YEAR}"
        raise SwitchFileError(f"{where}.until: {problem}")
    if not isinstance(unsafe, bool):
        raise SwitchFileError(f"{where}.unsafe: {unsafe} is neither true nor false")
    return Entry(until, unsafe)


def _table(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = parent.get(name, {})
    if not isinstance(table, dict):
        raise SwitchFileError(f"{name}: {table!r} is no table")
    return table


def _only(table: Mapping[str, Any], where: str, allowed: tuple[str, ...]) -> None:
    for key in table:
        if key not in allowed:
            raise SwitchFileError(f"{where}: {key} is unknown, there are {', '.join(allowed)}")
