"""Random faults, one after another, from a seed; the supervisor and the system have to mend them.

First replicas are never killed, so that some process of each kind lives through all of it.
"""

import random
import threading
import time
from collections.abc import Callable

from redis import Redis
from redis.exceptions import RedisError

from feedrank.real.server_process import ServerProcess
from tests.faults.supervised import Supervised

CALM_S = (12.0, 25.0)
"""Between the end of one fault and the next."""
PAUSE_S = (1.0, 6.0)


class Mischief:
    """Breaks things until it is stopped.

    Attributes:
        done: What it did, and when, in seconds since it began.
    """

    def __init__(self, ring: Supervised, seed: int) -> None:
        self._ring = ring
        self._chance = random.Random(seed)
        self._stopped = threading.Event()
        self.done: list[tuple[float, str]] = []

    def run(self) -> None:
        begun_s = time.monotonic()
        faults: list[Callable[[], str]] = [
            self._kill_service, self._kill_service, self._pause_service, self._pause_service,
            self._pause_store, self._kill_redis, self._flush_redis,
        ]  # fmt: skip
        while not self._stopped.wait(self._chance.uniform(*CALM_S)):
            name = self._chance.choice(faults)()
            self.done.append((time.monotonic() - begun_s, name))

    def stop(self) -> None:
        self._stopped.set()

    def _kill_service(self) -> str:
        killed = self._chance.choice([s for s in self._ring.services if not _is_first(s)])
        if killed.is_running:
            self._ring.kill_nine(killed)
        return f"kill -9 {killed.name}"

    def _pause_service(self) -> str:
        return self._pause(self._chance.choice(self._ring.services))

    def _pause_store(self) -> str:
        return self._pause(self._chance.choice(self._ring.stack.stores))

    def _pause(self, process: ServerProcess) -> str:
        pause_s = self._chance.uniform(*PAUSE_S)
        if process.is_running:
            process.pause()
            self._stopped.wait(pause_s)
            process.resume()
        return f"stop {process.name} for {pause_s:.1f} s"

    def _kill_redis(self) -> str:
        self._ring.kill_nine(self._ring.named("redis"))
        return "kill -9 redis"

    def _flush_redis(self) -> str:
        try:
            with Redis.from_url(self._ring.named("redis").address) as client:
                client.flushall()
        except RedisError:
            return "flush redis, which was away"
        return "flush redis"


def _is_first(process: ServerProcess) -> bool:
    return process.name.endswith(".0")
