"""Whether cores, threads, open files and disk fit what a server does."""

import math
import os
import resource
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_info

from feedrank.checkup.finding import Finding
from generation import faiss_index  # noqa: F401 - loads Faiss with its own pools
from serving.native_threads import hold_native_threads

CGROUP_CPU = Path("/sys/fs/cgroup/cpu.max")
MIN_OPEN_FILES = 4_096
"""RocksDB keeps its files open, and so does every connection."""
MIN_FREE_BYTES = 2 << 30


def check_machine(home: Path) -> list[Finding]:
    """`home`: where the server's own data goes; it need not be there yet."""
    soft_limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return [
        cores_finding(len(os.sched_getaffinity(0)), _granted_cores()),
        threads_finding(_held_pools()),
        open_files_finding(soft_limit),
        disk_finding(home),
    ]


def cores_finding(visible: int, granted: float | None) -> Finding:
    """`granted`: what the container may use of the `visible` cores; `None` without a limit."""
    if granted is None or granted >= visible:
        return Finding("cores", "good", f"{visible}")
    found = f"{visible} visible, {granted:g} granted: native threads would wait for their turn"
    advice = f"start with `taskset -c 0-{max(0, math.ceil(granted) - 1)}` or grant whole cores"
    return Finding("cores", "optional", found, advice)


def threads_finding(pools: Sequence[Mapping[str, Any]]) -> Finding:
    """`pools`: what `threadpoolctl` says of the numeric libraries as a server leaves them."""
    wide = [pool for pool in pools if pool["num_threads"] != 1]
    if not wide:
        return Finding("threads", "good", f"1 in each of {len(pools)} pools of numeric libraries")
    found = ", ".join(f"{pool['internal_api']} has {pool['num_threads']}" for pool in wide)
    return Finding("threads", "optional", found, "for serving: export OMP_NUM_THREADS=1")


def open_files_finding(soft_limit: int) -> Finding:
    if soft_limit == resource.RLIM_INFINITY or soft_limit >= MIN_OPEN_FILES:
        return Finding("open files", "good", f"limit {soft_limit}")
    return Finding("open files", "optional", f"limit {soft_limit}", f"ulimit -n {MIN_OPEN_FILES}")


def disk_finding(home: Path) -> Finding:
    """Free space and the right to write where `home` is, or would be made."""
    folder = home.absolute()
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return Finding("disk", "bad", f"cannot write to {folder}", "choose another --home")
    free_bytes = shutil.disk_usage(folder).free
    found = f"{free_bytes / 2**30:,.1f} GiB free at {folder}"
    if free_bytes >= MIN_FREE_BYTES:
        return Finding("disk", "good", found)
    advice = f"free some: at least {MIN_FREE_BYTES / 2**30:g} GiB for the log of actions"
    return Finding("disk", "bad", found, advice)


def _held_pools() -> list[dict[str, Any]]:
    hold_native_threads()
    pools: list[dict[str, Any]] = threadpool_info()
    return pools


def _granted_cores() -> float | None:
    try:
        quota, period = CGROUP_CPU.read_text().split()
    except (OSError, ValueError):
        return None
    return None if quota == "max" else int(quota) / int(period)
