"""One process alone: told to end, hung, its file cut under it, or set up so as not to start."""

import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress

from feedrank.process_keeper import HUNG_AFTER_S
from feedrank.supervisor import GaveUpError
from generation.manifest import Manifest
from generation.publish import current
from serving.clock import WallClock
from serving.process import CANNOT_START
from tests.faults.fault import fault
from tests.faults.lab import Lab
from tests.faults.seen import Seen
from tests.integration.draining import exit_code_after_sigterm

CALLS = 30
SKEW_MS = 300_000
REFUSAL_S = 60.0


@fault(
    [32],
    "SIGTERM while serving",
    "calls on their way are answered, new ones refused as UNAVAILABLE, exit code 0",
    fast=True,
)
def sigterm_while_serving(lab: Lab) -> Seen:
    server = lab.embedded()
    with lab.watching(server.address) as watch:
        watch.wait_for(CALLS)
        mark = watch.mark()
        exit_code = exit_code_after_sigterm(server)
        watch.wait_for(1)
    server.kill()
    seen = watch.seen(mark, note=f"exit code {exit_code}")
    assert exit_code == 0
    assert set(seen.errors) <= {"UNAVAILABLE"}, seen.errors
    assert not seen.empty_pages
    return seen


@fault(
    [3],
    "a shard hangs for good (SIGSTOP)",
    f"half the coverage in time; the supervisor replaces it after {HUNG_AFTER_S:.0f} s",
)
def a_shard_hangs_for_good(lab: Lab) -> Seen:
    with lab.supervised() as (ring, _), lab.watching(ring.address) as watch:
        watch.wait_for_full()
        mark, began_s = watch.mark(), time.monotonic()
        ring.named("ann_shards-1").pause()
        ring.wait_until_said("ann_shards-1 answers again")
        replaced_s = time.monotonic() - began_s
        end = watch.mark()
        watch.wait_for_full()
    seen = watch.seen(mark, end, note=f"replaced after {replaced_s:.0f} s")
    assert lab.within_deadline(seen)
    assert seen.lowest_coverage == 0.5
    assert not seen.empty_pages
    return seen


@fault(
    [6],
    "a mapped file is cut in place",
    "SIGBUS ends that process alone; it is refused by hash and given up, the rest answers",
)
def a_mapped_file_is_cut(lab: Lab) -> Seen:
    generations = lab.new_home() / "generations"
    shutil.copytree(lab.world.generations, generations, symlinks=True)
    [cut] = generations.glob("*/shards/*1/items.arrow")
    # In the end the supervisor says again what it has given up.
    with suppress(GaveUpError), lab.supervised(generations=generations) as (ring, _):
        with lab.watching(ring.address) as watch:
            watch.wait_for_full()
            mark = watch.mark()
            with cut.open("r+b") as file:
                file.truncate(0)
            ring.wait_until_said("GIVEN UP, the rest goes on without it: ann_shards-1")
            watch.wait_for(CALLS)
        said = [line for line in ring.said if "ann_shards-1" in line and "code" in line]
    seen = watch.seen(mark, note=said[0].partition(";")[0])
    assert not seen.errors, seen.errors
    assert "code -7" in said[0], said
    assert seen.lowest_coverage == 0.5
    assert not seen.empty_pages
    return seen


@fault(
    [24],
    "clocks of shards and edge are five minutes off, either way",
    "deadlines run on: full feeds in time",
)
def skewed_clocks(lab: Lab) -> Seen:
    offset_ms = _data_clock_offset_ms(lab)
    skewed = lab.own_distributed(
        FEEDRANK_CLOCK="data",
        FEEDRANK_ANN_SHARDS__CLOCK_OFFSET_MS=str(offset_ms - SKEW_MS),
        FEEDRANK_FEED_ASSEMBLY__CLOCK_OFFSET_MS=str(offset_ms + SKEW_MS),
    )
    with skewed as ring, lab.watching(ring.address) as watch:
        watch.wait_for_full()
        mark = watch.mark()
        watch.wait_for(CALLS)
    seen = watch.seen(mark)
    assert lab.within_deadline(seen)
    assert seen.origins["ranked"] > 0
    return seen


def _data_clock_offset_ms(lab: Lab) -> int:
    """Data time minus wall time, if the data were the present now."""
    data_time_ms = Manifest.read(current(lab.world.generations)).data_time_ms
    return data_time_ms - WallClock().now_ms()


@fault([34], "two processes on one port", "the second ends at once and names the port", fast=True)
def two_processes_on_one_port(lab: Lab) -> Seen:
    port = lab.distributed().named("ranker").port
    said = _refused(lab, FEEDRANK_PORT=str(port))
    assert f"port {port} of 127.0.0.1: taken by another process" in said
    return Seen([], note="exit code 2, port named")


@fault(
    [43],
    "a typo in a variable, and one in a value",
    "the process ends at once and names both",
    fast=True,
)
def a_typo_in_the_configuration(lab: Lab) -> Seen:
    said = _refused(lab, FEEDRANK_GENERATION="here", FEEDRANK_RANKER__DRAIN_S="soon")
    assert "FEEDRANK_GENERATION: unknown setting" in said
    assert "FEEDRANK_RANKER__DRAIN_S" in said
    return Seen([], note="exit code 2, both named")


def _refused(lab: Lab, **variables: str) -> str:
    """What a ranker says that must not start; it has ended with the code that says so."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("FEEDRANK_")}
    given = {
        "FEEDRANK_GENERATIONS": str(lab.world.generations),
        "FEEDRANK_HOME": str(lab.new_home()),
        "FEEDRANK_PORT": "0",
    }
    done = subprocess.run(
        [sys.executable, "-m", "ranker.main"],
        env={**inherited, **given, **variables},
        capture_output=True,
        text=True,
        timeout=REFUSAL_S,
    )
    said = done.stdout + done.stderr
    assert done.returncode == CANNOT_START, said
    return said
