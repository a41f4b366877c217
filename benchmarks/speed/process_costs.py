"""CPU time and memory of the processes under measurement, from the kernel's own counts."""

from collections.abc import Mapping
from pathlib import Path

import psutil


def cpu_seconds(processes: Mapping[str, int]) -> dict[str, float]:
    """User and system time since the start of each process, its children included, by name."""
    return {name: sum(map(_cpu_s, _tree(pid))) for name, pid in processes.items()}


def memory_mib(processes: Mapping[str, int]) -> dict[str, dict[str, float]]:
    """By name: `heap` is anonymous memory, `resident` counts pages of mapped files too."""
    found = {}
    for name, pid in processes.items():
        fields = [_status(process) for process in _tree(pid)]
        found[name] = {
            "heap": round(sum(f.get("RssAnon", 0) for f in fields) / 1024, 1),
            "resident": round(sum(f.get("VmRSS", 0) for f in fields) / 1024, 1),
        }
    return found


def busy_seconds() -> float:
    """What all processes of the machine have used since it started."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.irq + times.softirq + times.steal)


def _tree(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _status(process: psutil.Process) -> dict[str, int]:
    """Sizes in KiB of `/proc/PID/status`."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    split = (line.replace(":", "").split() for line in lines if line.endswith("kB"))
    return {words[0]: int(words[1]) for words in split}
