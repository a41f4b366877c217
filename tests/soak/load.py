"""Load at half of what the stack can take: known viewers scroll and like, at a steady pace."""

import random
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import grpc

from protos import events_pb2, feed_pb2, feed_pb2_grpc
from tests.faults.channel import edge_channel

CALLERS = 8
MEASURED_S = 10.0
SHARE = 0.5
TIMEOUT_S = 2.0
LIKED = 0.1
"""Share of pages after which something is liked."""


class Load:
    """Callers in threads, made by `loading`.

    Attributes:
        per_s: Calls begun in a second, by all; without end at first, to measure capacity.
        calls, failed: Counts so far.
    """

    def __init__(self, address: str, viewers: Sequence[int], seed: int) -> None:
        self._address = address
        self._viewers = viewers
        self._seed = seed
        self._stopped = threading.Event()
        self._counting = threading.Lock()
        self.per_s = float("inf")
        self.calls = 0
        self.failed = 0

    def measure_capacity(self) -> float:
        """Calls in a second without pauses; from now on the pace is `SHARE` of that."""
        before, begun_s = self.calls, time.monotonic()
        self._stopped.wait(MEASURED_S)
        capacity = (self.calls - before) / (time.monotonic() - begun_s)
        self.per_s = SHARE * capacity
        return capacity

    def run(self, number: int) -> None:
        chance = random.Random(self._seed + number)
        with edge_channel(self._address) as channel:
            stub = feed_pb2_grpc.FeedServiceStub(channel)
            due_s = time.monotonic()
            while not self._stopped.is_set():
                self._call(stub, chance)
                due_s = max(due_s + CALLERS / self.per_s, time.monotonic() - 1.0)
                self._stopped.wait(max(0.0, due_s - time.monotonic()))

    def stop(self) -> None:
        self._stopped.set()

    def _call(self, stub: feed_pb2_grpc.FeedServiceStub, chance: random.Random) -> None:
        viewer = chance.choice(self._viewers)
        failed = False
        try:
            page = stub.GetFeed(
                feed_pb2.GetFeedRequest(viewer_id=viewer, page_size=20), timeout=TIMEOUT_S
            )
            if page.items and chance.random() < LIKED:
                like = feed_pb2.Action(
                    action_id=uuid.uuid4().hex,
                    viewer_id=viewer,
                    kind=events_pb2.LIKE,
                    item_id=chance.choice(page.items).item_id,
                )
                stub.LogActions(feed_pb2.LogActionsRequest(actions=[like]), timeout=TIMEOUT_S)
        except grpc.RpcError:
            failed = True
        with self._counting:
            self.calls += 1
            self.failed += failed


@contextmanager
def loading(address: str, viewers: Sequence[int], seed: int) -> Iterator[Load]:
    """Ask for feeds while the body runs."""
    load = Load(address, viewers, seed)
    threads = [threading.Thread(target=load.run, args=(n,)) for n in range(CALLERS)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.stop()
        for thread in threads:
            thread.join()
