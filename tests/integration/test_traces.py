"""One request is one trace, over all processes and the bus."""

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from protos import feed_pb2
from tests.integration.caller import open_caller, until
from tests.integration.distributed import run_distributed
from tests.integration.embedded_process import EmbeddedProcess
from tests.integration.small_world import SmallWorld
from tests.serving.tracing.collector import Collector, run_collector

GET_FEED = "/feedrank.v1.FeedService/GetFeed"
GENERATE = "/feedrank.v1.CandidateService/Generate"
RANK = "/feedrank.v1.RankerService/Rank"
SEARCH = "/feedrank.v1.AnnShardService/Search"
PUBLISH = "publish ranked-lists"
DELIVER = "deliver ranked-lists"
FIRST_VIEWERS = range(10, 20)
MORE_VIEWERS = itertools.count(20)


async def traced(work: Callable[..., None], *arguments: object) -> Collector:
    """What is collected while `work(address of the collector, …)` runs in a thread."""
    async with run_collector() as collector:
        await asyncio.to_thread(work, collector.address, *arguments)
    return collector


def parts_of(tree: dict[str, Any], *path: str) -> dict[str, Any]:
    for name in path:
        tree = tree[name]
    return tree


def came_over_the_bus(page: feed_pb2.GetFeedResponse) -> bool:
    receipt = page.receipt
    return receipt.origin == "ranked" and "bus_unacknowledged" not in receipt.degraded_reasons


async def test_in_one_process(world: SmallWorld, tmp_path: Path) -> None:
    def work(address: str) -> None:
        server = EmbeddedProcess(
            world.generations, tmp_path / "home", trace_to=address, trace_share="1"
        )
        with server, open_caller(server.address) as caller:
            caller.feed(7)

    collector = await traced(work)
    [root] = collector.named(GET_FEED)
    tree = collector.tree(root)
    assert {"session", "search", "filter", "publish", "content", PUBLISH} <= set(tree)
    assert tree[PUBLISH] == {DELIVER: {}}
    assert {span.trace_id for _, span in collector.spans} == {root.trace_id}


@pytest.mark.kafka
@pytest.mark.redis
async def test_over_all_processes_and_the_bus(world: SmallWorld, tmp_path: Path) -> None:
    def work(address: str) -> None:
        variables = {"FEEDRANK_TRACE_TO": address, "FEEDRANK_TRACE_SHARE": "1"}
        with (
            run_distributed(world.generations, tmp_path / "home", **variables) as running,
            open_caller(running.address) as caller,
        ):
            for viewer_id in FIRST_VIEWERS:
                caller.feed(viewer_id)
            # Where the bus is slow, lists come with the answer: until one came over it.
            until(lambda: caller.feed(next(MORE_VIEWERS)), came_over_the_bus)

    collector = await traced(work)
    roots = collector.named(GET_FEED)
    assert len({span.trace_id for span in roots}) == len(roots) > len(FIRST_VIEWERS)
    delivered = {span.trace_id for span in collector.named(DELIVER)}
    root = next(span for span in roots if span.trace_id in delivered)
    tree = collector.tree(root)
    # A call has a span on either side, the server's within the client's.
    generating = parts_of(tree, GENERATE, GENERATE)
    assert {"session", "new_list", "content"} <= set(tree)
    assert {"search", "select", "filter", "hydrate", SEARCH, RANK} <= set(generating)
    ranking = parts_of(generating, RANK, RANK)
    assert ranking[PUBLISH] == {DELIVER: {}}
    services = {service for service, span in collector.spans if span.trace_id == root.trace_id}
    names = ("feed_assembly", "candidate_gen", "ann_shards", "social_graph", "ranker")
    assert services == {f"feedrank.{name}" for name in names}
