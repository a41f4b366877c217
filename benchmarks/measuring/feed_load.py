"""Asks for feeds at a fixed concurrency and counts what came back: closed loop, one channel."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import grpc
import numpy as np

from protos import feed_pb2 as pb
from protos import feed_pb2_grpc


@dataclass(slots=True)
class LoadResult:
    """What a run saw.

    Attributes:
        latencies_ms: Of answers whose receipt gives no reason, in order of arrival.
        degraded: Answers that gave a reason, by reason.
        found, served: Candidates and served items by source; an item of several counts for each.
        viewers_served: Viewers who got at least one item of a source.
        full_pages: First pages with as many items as asked for.
        stage_ms: Sum over answers by stage.
    """

    answers: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    origins: Counter[str] = field(default_factory=Counter)
    degraded: Counter[str] = field(default_factory=Counter)
    degraded_answers: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    found: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    served: Counter[str] = field(default_factory=Counter)
    viewers_served: dict[str, set[int]] = field(default_factory=dict)
    full_pages: int = 0
    stage_ms: Counter[str] = field(default_factory=Counter)
    wall_s: float = 0.0

    def percentile_ms(self, share: float) -> float:
        return float(np.percentile(self.latencies_ms, share)) if self.latencies_ms else float("nan")

    def add(self, viewer_id: int, page_size: int, answer: pb.GetFeedResponse, ms: float) -> None:
        receipt = answer.receipt
        self.answers += 1
        self.origins[receipt.origin] += 1
        self.full_pages += len(answer.items) == page_size
        self.degraded.update(receipt.degraded_reasons)
        if receipt.degraded_reasons:
            self.degraded_answers += 1
        else:
            self.latencies_ms.append(ms)
        for source in receipt.sources:
            self.found[source.name] += source.found_count
            self.kept[source.name] += source.kept_count
        for stage in receipt.stages:
            self.stage_ms[stage.name] += stage.ms
        for item in answer.items:
            self.served.update(item.sources)
            for name in item.sources:
                self.viewers_served.setdefault(name, set()).add(viewer_id)


async def ask_for_feeds(
    address: str,
    viewer_ids: Sequence[int],
    *,
    concurrency: int,
    page_size: int = 20,
    timeout_s: float = 2.0,
    surface: str = "home",
) -> LoadResult:
    """Ask once per viewer, `concurrency` calls at a time."""
    result = LoadResult()
    waiting = iter(viewer_ids)
    async with grpc.aio.insecure_channel(address) as channel:
        stub = feed_pb2_grpc.FeedServiceStub(channel)

        async def caller() -> None:
            for viewer_id in waiting:
                request = pb.GetFeedRequest(
                    viewer_id=viewer_id, page_size=page_size, surface=surface
                )
                started = time.perf_counter()
                try:
                    answer = await stub.GetFeed(request, timeout=timeout_s)
                except grpc.aio.AioRpcError as error:
                    result.errors[error.code().name] += 1
                    continue
                ms = (time.perf_counter() - started) * 1_000
                result.add(viewer_id, page_size, answer, ms)

        started = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(concurrency)))
        result.wall_s = time.perf_counter() - started
    return result
