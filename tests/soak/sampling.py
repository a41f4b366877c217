"""Samples what every process of a stack uses, every few seconds."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

import psutil

from feedrank.checkup.live.page import read_page
from feedrank.real.server_process import ServerProcess
from feedrank.running_stack import RunningProcess
from serving import metrics as listed
from tests.soak.growth import BOUNDS, MIN_SAMPLES, Growth, growth_of

INTERVAL_S = 3.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One process at one time.

    Attributes:
        at_s: Since the sampling began.
        anonymous_bytes: Memory that no file backs; for Kafka and Redis all that is resident.
        tasks: Of the event loop; `None` for what is not ours.
    """

    process: str
    pid: int
    at_s: float
    anonymous_bytes: float
    descriptors: int
    threads: int
    tasks: float | None


@dataclass
class Samples:
    """All samples, in order."""

    all: list[Sample] = field(default_factory=list)

    def growths(self, ours: Sequence[str], from_s: float) -> list[Growth]:
        """Of every long enough life of our processes, from `from_s` on."""
        lives: dict[tuple[str, int], list[Sample]] = {}
        for sample in self.all:
            if sample.process in ours and sample.at_s >= from_s:
                lives.setdefault((sample.process, sample.pid), []).append(sample)
        found = []
        for (process, _), life in lives.items():
            for quantity in BOUNDS:
                told = [(s.at_s, getattr(s, quantity)) for s in life]
                told = [(at_s, value) for at_s, value in told if value is not None]
                if len(told) >= MIN_SAMPLES:
                    found.append(growth_of(process, quantity, *zip(*told, strict=True)))
        return found

    def as_json(self) -> list[dict[str, object]]:
        return [asdict(sample) for sample in self.all]


@contextmanager
def sampling(
    processes: Sequence[ServerProcess], running: Sequence[RunningProcess]
) -> Iterator[Samples]:
    """Sample while the body runs."""
    pages = {process.name: process for process in running}
    samples, stopped, begun_s = Samples(), threading.Event(), time.monotonic()

    def run() -> None:
        while not stopped.wait(INTERVAL_S):
            for process in processes:
                sample = _sample(process, pages.get(process.name), begun_s)
                if sample is not None:
                    samples.all.append(sample)

    thread = threading.Thread(target=run, name="sampling")
    thread.start()
    try:
        yield samples
    finally:
        stopped.set()
        thread.join()


def _sample(
    process: ServerProcess, running: RunningProcess | None, begun_s: float
) -> Sample | None:
    """`None` while it is away, hangs, or has just been started again."""
    try:
        pid = process.process_id
        seen = psutil.Process(pid)
        with seen.oneshot():
            descriptors, threads = seen.num_fds(), seen.num_threads()
            memory = float(seen.memory_info().rss - seen.memory_info().shared)
        tasks = None
        if running is not None and running.metrics:
            page = read_page(running)
            tasks = page.total(listed.PROCESS_TASKS)
            memory = page.total(listed.PROCESS_ANONYMOUS)
        if process.process_id != pid:
            return None
    except (OSError, ValueError, RuntimeError, psutil.Error):
        return None
    return Sample(
        process.name, pid, time.monotonic() - begun_s, memory, descriptors, threads, tasks
    )
