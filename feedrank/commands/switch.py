"""`feedrank switch`: turns parts of running servers off and on, without a restart."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from feedrank.console import fail, out
from serving.effort.rung import Rung
from serving.switches.settings import FILE_NAME
from serving.switches.switch import Switch
from serving.switches.switch_file import Entry, SwitchFile, SwitchFileError
from serving.switches.switches import check_names

SECONDS = {"s": 1, "m": 60, "h": 3_600}

app = typer.Typer(help="Switch parts of running servers off and on, or hold them to a rung.")

Home = Annotated[Path, typer.Option("--home", help="folder of the installation's own data")]
File = Annotated[
    Path | None,
    typer.Option("--file", help=f"the servers' FEEDRANK_SWITCHES, not HOME/{FILE_NAME}"),
]
For = Annotated[str, typer.Option("--for", help="how long, for example 30m; default: until undone")]


@app.command("list")
def list_switches(home: Home = Path("home"), file: File = None) -> None:
    """List everything that can be switched off, and what is.

    Example: feedrank switch list --home home
    """
    now = _read(_path(home, file)).still_holding(time.time())
    out.print(f"rung: {now.rung.word}{_until(now.rung_entry)}")
    table = Table(box=None)
    for heading in ("switch", "state", "off: people may see what they must not"):
        table.add_column(heading, no_wrap=True)
    for key, switch in _known().items():
        entry = now.off.get(key)
        state = "on" if entry is None else f"OFF{_until(entry)}"
        table.add_row(key, state, "yes" if switch.is_safety else "")
    out.print(table)


@app.command("off")
def switch_off(
    name: Annotated[str, typer.Argument(help="as `feedrank switch list` shows it")],
    home: Home = Path("home"),
    file: File = None,
    duration: For = "",
    unsafe: Annotated[bool, typer.Option("--unsafe", help="for what protects people")] = False,
) -> None:
    """Switch one part off; servers follow within two seconds, and receipts say so.

    Example: feedrank switch off source:popular --for 30m
    """
    path = _path(home, file)
    before = _read(path)
    entry = Entry(_end_of(duration), unsafe)
    _write(path, replace(before, off={**before.off, name: entry}))
    out.print(f"{name} is off{_until(entry)}")


@app.command("on")
def switch_on(
    name: Annotated[str, typer.Argument(help="as `feedrank switch list` shows it")],
    home: Home = Path("home"),
    file: File = None,
) -> None:
    """Switch one part on again.

    Example: feedrank switch on source:popular
    """
    path = _path(home, file)
    before = _read(path)
    if name not in _known() and name not in before.off:
        raise fail(f"{name} is unknown, there are {', '.join(_known())}")
    _write(path, replace(before, off={k: e for k, e in before.off.items() if k != name}))
    out.print(f"{name} is on")


@app.command("rung")
def hold_to_rung(
    name: Annotated[str, typer.Argument(help="full, or the rung nobody is served better than")],
    home: Home = Path("home"),
    file: File = None,
    duration: For = "",
) -> None:
    """Hold everybody to a rung of the ladder: fewer_probes, smaller_ranker, stored or floor.

    Example: feedrank switch rung smaller_ranker --for 30m
    """
    path = _path(home, file)
    try:
        rung = Rung.of_word(name)
    except ValueError as error:
        raise fail(str(error)) from None
    entry = Entry(_end_of(duration))
    _write(path, replace(_read(path), rung=rung, rung_entry=entry))
    out.print(f"rung: {rung.word}{_until(entry)}")


def _known() -> dict[str, Switch]:
    from feedrank.all_switches import SWITCHES  # loads every service, half a second

    return {switch.key: switch for switch in SWITCHES}


def _path(home: Path, file: Path | None) -> Path:
    path = file or home / FILE_NAME
    if not path.parent.is_dir():
        raise fail(f"{path.parent} is not a folder; name the servers' own with --home or --file")
    return path


def _read(path: Path) -> SwitchFile:
    try:
        return SwitchFile.read(path)
    except (SwitchFileError, OSError) as error:
        raise fail(f"{path}: {error}") from None


def _write(path: Path, file: SwitchFile) -> None:
    """Without what has expired: it would only be in the way of who reads it."""
    holding = file.still_holding(time.time())
    try:
        check_names(holding, _known())
        holding.write(path)
    except (SwitchFileError, OSError) as error:
        raise fail(f"{path} is as it was: {error}") from None


def _end_of(duration: str) -> datetime | None:
    if not duration:
        return None
    number, unit = duration[:-1], duration[-1]
    if not number.isdecimal() or unit not in SECONDS:
        raise fail(f"{duration} is no time, need for example 90s, 30m or 2h")
    return datetime.now(UTC) + timedelta(seconds=int(number) * SECONDS[unit])


def _until(entry: Entry) -> str:
    return "" if entry.until is None else f" until {entry.until.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"
