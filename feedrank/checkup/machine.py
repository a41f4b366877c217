"""Whether cores, threads, open files and disk fit what a server does."""

import math
import os
import resource
import shutil
from collections.abc import Mapping
from pathlib import Path

from feedrank.checkup.finding import Finding

CGROUP_CPU = Path("/sys/fs/cgroup/cpu.max")
MIN_OPEN_FILES = 4_096
"""RocksDB keeps its files open, and so does every connection."""
MIN_FREE_BYTES = 2 << 30
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def check_machine(home: Path) -> list[Finding]:
    """`home`: where the server's own data goes; it need not be there yet."""
    soft_limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return [
        cores_finding(len(os.sched_getaffinity(0)), _granted_cores()),
        threads_finding(os.environ),
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


def threads_finding(environment: Mapping[str, str]) -> Finding:
    """Numeric libraries start a pool per core unless told: two pools fight, and answers wait."""
    unset = [name for name in THREAD_VARIABLES if environment.get(name) != "1"]
    if not unset:
        return Finding("threads", "good", "one per numeric library")
    found = f"{', '.join(unset)} not 1 (Faiss and ONNX Runtime are held to one thread anyway)"
    advice = f"for serving: export {' '.join(f'{name}=1' for name in unset)}"
    return Finding("threads", "optional", found, advice)


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


def _granted_cores() -> float | None:
    try:
        quota, period = CGROUP_CPU.read_text().split()
    except (OSError, ValueError):
        return None
    return None if quota == "max" else int(quota) / int(period)
