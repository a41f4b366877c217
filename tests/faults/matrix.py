"""Runs rows of the fault matrix, one after another, and keeps what each was seen to do."""

import importlib
import pkgutil
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults import rows
from tests.faults.fault import REGISTERED, Fault
from tests.faults.lab import Lab
from tests.faults.seen import Seen


@dataclass(frozen=True, slots=True)
class Outcome:
    """One fault, injected.

    Attributes:
        seen: `None` where it failed before anybody was asked anything.
        failure: Why the expectation was not met; empty where it was.
    """

    fault: Fault
    seen: Seen | None
    seconds: float
    failure: str = ""


def all_faults() -> list[Fault]:
    """Every fault of every module in `tests/faults/rows`, by the first of its rows."""
    for module in pkgutil.iter_modules(rows.__path__, f"{rows.__name__}."):
        importlib.import_module(module.name)
    return sorted(REGISTERED, key=lambda fault: (fault.rows[0], fault.name))


def chosen(faults: Sequence[Fault], words: Sequence[str]) -> list[Fault]:
    """Those named by a row number or by a part of their name; all without words.

    Raises:
        ValueError: a word names nothing.
    """
    if not words:
        return list(faults)
    for word in words:
        if not any(_is_named(fault, word) for fault in faults):
            raise ValueError(f"no fault has {word!r} as a row or in its name")
    return [fault for fault in faults if any(_is_named(fault, word) for word in words)]


def inject(fault: Fault, lab: Lab) -> Outcome:
    """Run one fault; whatever goes wrong is its failure."""
    lab.last_watch = None
    began_s = time.monotonic()
    try:
        seen = fault.show(lab)
    except Exception as error:
        partly = lab.last_watch.seen() if lab.last_watch else None
        return Outcome(fault, partly, time.monotonic() - began_s, _in_words(error))
    return Outcome(fault, seen, time.monotonic() - began_s)


def _is_named(fault: Fault, word: str) -> bool:
    return int(word) in fault.rows if word.isdigit() else word.lower() in fault.name.lower()


def _in_words(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    what = str(error) or place.line or ""
    return f"{type(error).__name__} in {place.name}, line {place.lineno}: {what}"
