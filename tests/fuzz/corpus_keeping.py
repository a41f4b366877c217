"""Keeps of the inputs found those that reach lines which no smaller one reaches."""

import hashlib
import sys
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from tests.fuzz.target import Target, Try, inputs

ROOT = str(Path(__file__).parents[2])
TESTS = str(Path(__file__).parents[1])
NOT_OURS = (TESTS, f"{ROOT}/.venv")
MOST = 60
"""Inputs kept of one target."""

Line = tuple[CodeType, int]


def keep(target: Target, found: Path) -> None:
    """Make the corpus anew from itself and `found`."""
    candidates = {path.read_bytes() for folder in (target.corpus, found) for path in inputs(folder)}
    reached: set[Line] = set()
    kept: list[bytes] = []
    with target.opened() as attempt:
        for data in sorted(candidates, key=lambda data: (len(data), data)):
            lines = lines_of(attempt, data)
            if lines - reached and len(kept) < MOST:
                reached |= lines
                kept.append(data)
    target.corpus.mkdir(parents=True, exist_ok=True)
    for path in inputs(target.corpus):
        path.unlink()
    for data in kept:
        (target.corpus / hashlib.sha256(data).hexdigest()[:12]).write_bytes(data)
    print(f"{target.name}: {len(kept)} of {len(candidates)} inputs kept, {len(reached)} lines")


def lines_of(attempt: Try, data: bytes) -> set[Line]:
    """Lines of our own code that an input reaches in this thread."""
    lines: set[Line] = set()

    def in_ours(frame: FrameType, _event: str, _argument: Any) -> Any:
        lines.add((frame.f_code, frame.f_lineno))
        return in_ours

    def enter(frame: FrameType, _event: str, _argument: Any) -> Any:
        file = frame.f_code.co_filename
        return in_ours if file.startswith(ROOT) and not file.startswith(NOT_OURS) else None

    sys.settrace(enter)
    try:
        attempt(data)
    finally:
        sys.settrace(None)
    return lines
