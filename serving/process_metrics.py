"""Publishes what a process uses: memory, descriptors, threads, tasks, disk, and what it runs.

Memory, descriptors, processor time and start come under the names all of Prometheus knows
(`process_resident_memory_bytes`, `process_open_fds`, `process_start_time_seconds` …).
"""

import asyncio
import os
import re
import threading
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from prometheus_client import ProcessCollector

from generation.publish import current
from serving import metrics as listed
from serving.metrics_recorder import Metrics
from serving.settings import CommonSettings

STATUS = Path("/proc/self/status")
UNKNOWN = "unknown"


def follow_process(metrics: Metrics, settings: CommonSettings) -> None:
    """Publish all of it; once per process, from within its event loop.

    Raises:
        InvalidGenerationError: there is no generation in service.
    """
    ProcessCollector(registry=metrics.registry)
    loop = asyncio.get_running_loop()
    metrics.follow(listed.PROCESS_TASKS, lambda: len(asyncio.all_tasks(loop)))
    metrics.follow(listed.PROCESS_THREADS, threading.active_count)
    metrics.follow(listed.PROCESS_ANONYMOUS, anonymous_bytes)
    metrics.follow(listed.DISK_FREE, partial(free_bytes, settings.home))
    generation = current(settings.generations).name
    metrics.gauge(listed.BUILD_INFO, settings.service, release(), generation).set(1)


def release() -> str:
    """The version of feedrank that is installed."""
    try:
        return version("feedrank")
    except PackageNotFoundError:
        return UNKNOWN


def anonymous_bytes() -> float:
    """Memory of this process that no file backs; not a number where the system does not tell."""
    try:
        found = re.search(r"^RssAnon:\s+(\d+) kB", STATUS.read_text(), re.M)
    except OSError:
        found = None
    return int(found.group(1)) * 1_024.0 if found else float("nan")


def free_bytes(folder: Path) -> float:
    """Space left for this process where `folder` is; not a number while it is not there."""
    try:
        status = os.statvfs(folder)
    except OSError:
        return float("nan")
    return float(status.f_bavail * status.f_frsize)
