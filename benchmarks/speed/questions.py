"""What is asked: viewers nobody has asked for yet, viewers who come back, and next pages."""

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

import grpc
import numpy as np

from protos import feed_pb2 as pb
from protos import feed_pb2_grpc

CALLS_PER_VIEWER = 4
"""One call makes the feed and three are answered from it: 75 % stored."""

MOST_COLD_PER_S = 1_500
"""No deployment makes more new feeds on two cores: so many calls are prepared per second."""

TIMEOUT_S = 5.0


class Returning(NamedTuple):
    """Calls of viewers who come back, and what they asked for before the first of these."""

    first: list[bytes]
    messages: list[bytes]


class Questions:
    """Draws each viewer once, so that nothing is stored for anybody who asks."""

    def __init__(self, viewers: int, seed: int) -> None:
        self._ids = self._drawn(viewers, np.random.default_rng(seed))

    @staticmethod
    def _drawn(viewers: int, random: np.random.Generator) -> Iterator[int]:
        while True:
            yield from random.permutation(viewers).tolist()

    def cold(self, count: int, page_size: int = 20) -> list[bytes]:
        """First pages of viewers not asked for before."""
        return [_first_page(next(self._ids), page_size) for _ in range(count)]

    def returning(self, count: int, concurrency: int, page_size: int = 10) -> Returning:
        """Three in four calls are of viewers who were here within the last minute.

        A new viewer in every fourth call, who comes back three times. In between come so many
        calls that the one before is answered: new feeds take ten times as long as stored ones, so
        that nearly all calls in progress are for new ones. Steady, so that those come at an even
        rate.
        """
        later = 2 * concurrency
        before = (CALLS_PER_VIEWER - 1) * later
        viewers = [_first_page(next(self._ids), page_size) for _ in range(before)]
        first = list(viewers)
        messages: list[bytes] = []
        while len(messages) < count:
            viewers.append(_first_page(next(self._ids), page_size))
            messages += viewers[-1 : -1 - CALLS_PER_VIEWER * later : -later]
        return Returning(first, messages)

    def second_pages(self, port: int, count: int, page_size: int = 20) -> list[bytes]:
        """Asks for first pages and returns the calls for what comes next."""
        return asyncio.run(self._second_pages(port, count, page_size))

    async def _second_pages(self, port: int, count: int, page_size: int) -> list[bytes]:
        waiting = iter([next(self._ids) for _ in range(count)])
        found: list[bytes] = []
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = feed_pb2_grpc.FeedServiceStub(channel)

            async def caller() -> None:
                for viewer in waiting:
                    request = pb.GetFeedRequest(
                        viewer_id=viewer, surface="home", page_size=page_size
                    )
                    answer = await stub.GetFeed(request, timeout=TIMEOUT_S)
                    request.page_token = answer.next_page_token
                    found.append(request.SerializeToString())

            await asyncio.gather(*(caller() for _ in range(8)))
        return found


def _first_page(viewer: int, page_size: int) -> bytes:
    request = pb.GetFeedRequest(viewer_id=viewer, surface="home", page_size=page_size)
    return request.SerializeToString()
