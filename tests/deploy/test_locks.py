"""What is installed is what was locked: one version each, with the hashes of its files."""

import re
from pathlib import Path

import pytest

LOCKS = sorted((Path(__file__).parents[2] / "requirements").glob("*.txt"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_line_of_a_lock_has_one_version_and_its_hashes(lock):
    text = lock.read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip()]
    pinned = re.compile(
        r"[\w.-]+(\[[\w,]+\])?==[\w.+!]+( ;[^#]*?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*"
    )
    assert lines
    assert [line for line in lines if not pinned.fullmatch(line)] == []


def test_nothing_locked_comes_from_an_address_of_its_own():
    assert [lock.name for lock in LOCKS if "://" in lock.read_text()] == []


def test_what_serves_is_part_of_what_builds():
    """Else the list of components of one would say nothing about the other."""
    serve, build = versions("serve"), versions("build")
    assert serve <= build


def versions(name: str) -> set[tuple[str, str]]:
    [text] = [lock.read_text() for lock in LOCKS if lock.stem == name]
    return set(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.M))
