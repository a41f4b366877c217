"""CPU time and memory of a server's processes, children included."""

from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class ProcessCost:
    """One process: CPU seconds since its start, resident MiB now."""

    name: str
    cpu_s: float
    rss_mib: float


def costs(root_pid: int) -> dict[int, ProcessCost]:
    """Costs by process id of a process and all its children."""
    root = psutil.Process(root_pid)
    found = {}
    for process in (root, *root.children(recursive=True)):
        try:
            times = process.cpu_times()
            command = process.cmdline()
            found[process.pid] = ProcessCost(
                _name(command), times.user + times.system, process.memory_info().rss / 2**20
            )
        except psutil.NoSuchProcess:
            continue
    return found


def cpu_ms_per_request(
    before: dict[int, ProcessCost], after: dict[int, ProcessCost], requests: int
) -> dict[str, float]:
    """CPU milliseconds per request by name of process."""
    spent: dict[str, float] = {}
    for pid, cost in after.items():
        start = before[pid].cpu_s if pid in before else 0.0
        spent[cost.name] = spent.get(cost.name, 0.0) + (cost.cpu_s - start)
    return {name: 1_000 * seconds / max(requests, 1) for name, seconds in spent.items()}


def _name(command: list[str]) -> str:
    """The module of a Python process, else the program's name."""
    if "-m" in command:
        return command[command.index("-m") + 1]
    for word in command:
        if word.startswith("kafka."):
            return "kafka"
    return command[0].rsplit("/", 1)[-1] if command else "?"
