"""SHA-256 of files, computed by as many threads as there are cores, and once per process.

Services of one process share files, and what they will ask for is known before their libraries are
loaded: hashing can begin meanwhile, as it needs neither Python nor the others. What is known of a
file is forgotten as soon as anything about the file has changed.
"""

import hashlib
import os
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

BLOCK_BYTES = 1 << 20
"""Read at a time: between blocks a thread waits for its turn to run Python."""

SETTLED_NS = 2_000_000_000
"""A file changed more recently may change again without a trace: clocks of file systems tick."""

Stamp = tuple[int, int, int, int, int]
"""Device, inode, size, times of the last change of contents and of anything, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A hash that is being computed, or was, and what the file looked like before."""

    stamp: Stamp
    sha256: Future[str]


_known: dict[Path, _Known] = {}
_lock = threading.Lock()


def begin_hashing(paths: Iterable[Path]) -> list[Future[str]]:
    """Hash these files in the background, in this order, but for those that are known already.

    Returns:
        The hash of each in hex; asking for it raises OSError where a file cannot be read.

    Raises:
        OSError: one cannot be found.
    """
    pool = ThreadPoolExecutor(len(os.sched_getaffinity(0)), thread_name_prefix="hash")
    try:
        return [_hashing(path, pool) for path in paths]
    finally:
        pool.shutdown(wait=False)


def file_sha256(path: Path) -> str:
    """In hex, of what the file holds now: reads every byte."""
    digest = hashlib.sha256()
    block = memoryview(bytearray(BLOCK_BYTES))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(block):
            digest.update(block[:count])
    return digest.hexdigest()


def _hashing(path: Path, pool: ThreadPoolExecutor) -> Future[str]:
    stamp, now_ns = _stamp(path.stat()), time.time_ns()
    with _lock:
        known = _known.get(path)
        if known is None or known.stamp != stamp or _has_failed(known.sha256):
            known = _Known(stamp, pool.submit(file_sha256, path))
            if max(stamp[-2:]) + SETTLED_NS < now_ns:
                _known[path] = known
    return known.sha256


def _has_failed(hashing: Future[str]) -> bool:
    return hashing.done() and hashing.exception() is not None


def _stamp(found: os.stat_result) -> Stamp:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
