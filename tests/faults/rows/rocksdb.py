"""The embedded server's directories are locked, damaged, or on a full disk."""

import resource
from pathlib import Path

from feedrank.real.server_process import ServerStartError
from serving.process import CANNOT_START
from tests.faults.fault import fault
from tests.faults.lab import Lab
from tests.faults.seen import Seen
from tests.integration.embedded_process import EmbeddedProcess

CALLS = 30
UPKEEPS = 150
"""Calls that take several seconds: stores try to mend themselves every second."""


@fault(
    [19],
    "two servers on one home",
    "the second names what is in use and ends with exit code 2; the first goes on unharmed",
)
def home_is_locked(lab: Lab) -> Seen:
    with EmbeddedProcess(lab.world.generations, lab.new_home() / "home") as owner:
        home = Path(owner.folder).parent / "home"
        second = EmbeddedProcess(lab.world.generations, home)
        second.folder = home.parent / "second"
        with lab.watching(owner.address) as watch:
            watch.wait_for_full()
            mark = watch.mark()
            said = start_error(second)
            watch.wait_for(CALLS)
        assert second.exit_code == CANNOT_START, second.exit_code
        second.stop()
    seen = watch.seen(mark, note=f"exit code {CANNOT_START}")
    assert "in use" in said, said
    assert str(home) in said, said
    assert not seen.errors
    return seen


def start_error(process: EmbeddedProcess) -> str:
    try:
        process.start()
    except ServerStartError as error:
        return str(error)
    raise AssertionError(f"{process.name} started")


@fault(
    [20],
    "the MANIFEST of state and graph is cut",
    "the damaged directories are set aside and rebuilt from the log: nothing lost, nothing twice",
    fast=True,
)
def manifests_are_cut(lab: Lab) -> Seen:
    home = lab.new_home() / "home"
    server = EmbeddedProcess(lab.world.generations, home)
    with server:
        with lab.watching(server.address) as watch, lab.acting(server.address) as actor:
            watch.wait_for(CALLS)
        server.stop()
        damaged = [home / "state", *home.glob("graph/*/overlay")]
        for directory in damaged:
            cut_manifest(directory)
        server.start()
        with lab.watching(server.address) as watch:
            watch.wait_for(CALLS)
        server.stop()
    aside = [path.with_name(f"{path.name}.damaged-0") for path in damaged]
    effects = lab.effects(f"rocksdb://{home}/state", actor)
    seen = watch.seen(note=f"{len(aside)} directories rebuilt", **effects)
    assert len(aside) == 2
    assert all(path.is_dir() for path in aside)
    assert not seen.errors
    assert not seen.empty_pages
    assert (seen.lost, seen.double) == (0, 0)
    return seen


def cut_manifest(directory: Path) -> None:
    (manifest,) = directory.glob("MANIFEST-*")
    manifest.write_bytes(manifest.read_bytes()[: manifest.stat().st_size // 2])


@fault(
    [35],
    "the disk of the embedded server is full",
    "pages go on, actions are refused; with room it takes them again, without a restart",
)
def disk_is_full(lab: Lab) -> Seen:
    home = lab.new_home() / "home"
    server = EmbeddedProcess(lab.world.generations, home)
    with server:
        with lab.watching(server.address) as watch, lab.acting(server.address) as actor:
            watch.wait_for_full()
            mark = watch.mark()
            unlimited = resource.prlimit(server.process_id, resource.RLIMIT_FSIZE, (1, -1))
            watch.wait_for(CALLS)
            acknowledged = actor.count
            watch.wait_for(UPKEEPS)
            assert actor.count == acknowledged, "nothing is acknowledged that is not kept"
            end = watch.mark()
            resource.prlimit(server.process_id, resource.RLIMIT_FSIZE, unlimited)
            back_s = watch.wait_for_full()
            watch.wait_for(CALLS)
            assert actor.count > acknowledged
        server.stop()
    effects = lab.effects(f"rocksdb://{home}/state", actor)
    note = f"full {back_s:.1f} s after there was room"
    seen = watch.seen(mark, end, note=note, **effects)
    assert lab.within_deadline(seen)
    assert not seen.empty_pages
    assert (seen.lost, seen.double) == (0, 0)
    assert not actor.refused, actor.refused
    return seen
