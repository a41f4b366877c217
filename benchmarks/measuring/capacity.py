"""How many new feeds a server makes per second when it is never short of calls."""

import asyncio
import random
import time
from typing import Any

import grpc

from protos import feed_pb2 as pb
from protos import feed_pb2_grpc

CALLERS = 4
"""Enough to keep one process busy, too few to make it wait for itself."""

TIMEOUT_S = 2.0
PAUSE_S = 0.02


def measured_capacity(address: str, token: str, viewers: int, seconds: float) -> float:
    """Complete answers per second at a constant concurrency, after a warm-up of a third."""
    return asyncio.run(_measured(address, token, viewers, seconds))


async def _measured(address: str, token: str, viewers: int, seconds: float) -> float:
    begin = time.perf_counter() + seconds / 3
    end = begin + seconds
    complete = 0
    metadata = (("authorization", f"Bearer {token}"),)

    async def caller(stub: Any, draw: random.Random) -> None:
        nonlocal complete
        while time.perf_counter() < end:
            request = pb.GetFeedRequest(
                viewer_id=draw.randrange(viewers),
                surface="home",
                context=pb.Context(device=f"{draw.getrandbits(64):x}"),
            )
            try:
                answer = await stub.GetFeed(request, timeout=TIMEOUT_S, metadata=metadata)
            except grpc.aio.AioRpcError:
                await asyncio.sleep(PAUSE_S)
                continue
            if begin < time.perf_counter() < end:
                complete += not answer.receipt.degraded_reasons

    async with grpc.aio.insecure_channel(address) as channel:
        stub = feed_pb2_grpc.FeedServiceStub(channel)
        await asyncio.gather(*(caller(stub, random.Random(seed)) for seed in range(CALLERS)))
    return complete / seconds
