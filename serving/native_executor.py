"""The one pool of threads for native work that would hold the event loop over a millisecond.

More threads than cores make every call slower, and an unbounded queue hides overload until all
deadlines are missed: so both are bounded, and a full queue refuses at once.
"""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from serving.errors import OverloadedError
from serving.metrics import EXECUTOR_JOBS, EXECUTOR_REFUSED
from serving.metrics_recorder import Metrics

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

QUEUE_PER_WORKER = 16


class NativeExecutor:
    """Runs functions that release the GIL (Faiss, ONNX Runtime, RocksDB) off the event loop."""

    def __init__(
        self, metrics: Metrics, *, workers: int | None = None, queue: int | None = None
    ) -> None:
        """Start no thread yet.

        Args:
            workers: Threads; as many as this process may use cores unless given.
            queue: Jobs that may wait for a thread; 16 per worker unless given.
        """
        self.workers = workers or len(os.sched_getaffinity(0))
        self._limit = self.workers + (QUEUE_PER_WORKER * self.workers if queue is None else queue)
        self._slots = threading.BoundedSemaphore(self._limit)
        metrics.follow(EXECUTOR_JOBS, self._jobs)
        self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="native")
        self._refused = metrics.counter(EXECUTOR_REFUSED)

    async def run(
        self,
        function: Callable[Parameters, Result],
        *arguments: Parameters.args,
        **named: Parameters.kwargs,
    ) -> Result:
        """Call `function` in a thread. Cancelled while waiting, it never begins; later, it ends.

        Raises:
            OverloadedError: the queue is full.
        """
        if not self._slots.acquire(blocking=False):
            self._refused.inc()
            raise OverloadedError(f"{self._limit} native jobs are running or waiting already")
        job = self._pool.submit(function, *arguments, **named)
        job.add_done_callback(lambda _: self._slots.release())
        return await asyncio.wrap_future(job)

    def _jobs(self) -> int:
        return self._limit - self._slots._value  # what a semaphore counts has no public name

    async def close(self) -> None:
        """Drop waiting jobs and wait for running ones."""
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)
