"""Half of all callers give up while their feeds are being made."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import psutil

from feedrank.checkup.live.page import read_page
from protos import feed_pb2, feed_pb2_grpc
from serving import metrics as listed
from tests.faults.channel import edge_channel
from tests.faults.fault import fault
from tests.faults.lab import Lab
from tests.faults.seen import Seen
from tests.integration.distributed import Distributed

CALLS, AT_ONCE = 400, 8
LONGEST_S = 0.03
"""Until a caller gives up: before, during and after most stages of a feed."""
QUIET_WITHIN_S = 2.0
"""Generous for busy machines; how long it took is told."""
SPARE_TASKS, SPARE_CONNECTIONS = 8, 8
WARM_UP = 60
"""Calls until admission knows what they take: a server that has just started refuses some of eight
at once."""
FIRST_VIEWER = 23_000_000
SEED = 28


@fault(
    [28],
    f"half of {CALLS} calls are cancelled, {AT_ONCE} at once, on separate processes",
    "nobody gets the answer of another; work behind them stops; no task or connection is left",
)
def half_give_up(lab: Lab) -> Seen:
    ring = lab.distributed()
    before = _left_in(ring)
    with lab.watching(ring.address) as watch:
        watch.wait_for(WARM_UP)
        mark = watch.mark()
        answered, strangers = _storm(ring.address, lab.deadline_s)
        end = watch.mark()
        watch.stop()
        quiet_s = _until_quiet(ring, before, QUIET_WITHIN_S * lab.slowness)
    seen = watch.seen(mark, end, note=f"{answered} answered; quiet {quiet_s * 1e3:.0f} ms after")
    assert answered >= CALLS / 2, seen.note
    assert not strangers, f"{strangers} answers belonged to somebody else"
    assert not seen.errors, seen.errors
    assert not seen.empty_pages
    return seen


def _storm(address: str, deadline_s: float) -> tuple[int, int]:
    """How many calls were answered, and how many of those with the page of another viewer."""
    dice = random.Random(SEED)
    given_up_s = {n: dice.uniform(0, LONGEST_S) for n in dice.sample(range(CALLS), CALLS // 2)}
    strangers, counting = 0, threading.Lock()
    with edge_channel(address) as channel, ThreadPoolExecutor(AT_ONCE) as pool:
        stub = feed_pb2_grpc.FeedServiceStub(channel)

        def ask(number: int) -> bool:
            nonlocal strangers
            viewer = FIRST_VIEWER + number
            request = feed_pb2.GetFeedRequest(viewer_id=viewer, page_size=10)
            call = stub.GetFeed.future(request, timeout=deadline_s)
            if number in given_up_s:
                time.sleep(given_up_s[number])
                call.cancel()
            try:
                page = call.result()
            except (grpc.RpcError, grpc.FutureCancelledError):
                return False
            is_own = _goes_on_for(stub, viewer, page.next_page_token, deadline_s)
            with counting:
                strangers += not is_own
            return True

        return sum(pool.map(ask, range(CALLS))), strangers


def _goes_on_for(
    stub: feed_pb2_grpc.FeedServiceStub, viewer: int, token: str, deadline_s: float
) -> bool:
    """Whether a page's token is this viewer's: those of others are refused."""
    request = feed_pb2.GetFeedRequest(viewer_id=viewer, page_size=5, page_token=token)
    try:
        stub.GetFeed(request, timeout=deadline_s)
    except grpc.RpcError as error:
        return error.code() != grpc.StatusCode.INVALID_ARGUMENT
    return True


def _left_in(ring: Distributed) -> dict[str, tuple[float, float, int]]:
    """By service: calls in flight, tasks of the loop, open connections."""
    pids = {process.name: process.process_id for process in ring.services}
    found = {}
    for running in ring.stack.running.processes:
        if running.metrics:
            page = read_page(running)
            connections = psutil.Process(pids[running.name]).net_connections("tcp")
            found[running.name] = (
                page.total(listed.RPC_IN_FLIGHT),
                page.total(listed.PROCESS_TASKS),
                sum(each.status == psutil.CONN_ESTABLISHED for each in connections),
            )
    return found


def _until_quiet(
    ring: Distributed, before: dict[str, tuple[float, float, int]], patience_s: float
) -> float:
    """Seconds until nothing of the storm is left in any process.

    Raises:
        AssertionError: something stays; says what.
    """
    begun_s = time.monotonic()
    while True:
        # What is read counts itself where it is a call, health checks come and go: hence the room.
        now = _left_in(ring)
        left = {
            name: (was, now[name])
            for name, was in before.items()
            if now[name][0] > was[0] + 1
            or now[name][1] > was[1] + SPARE_TASKS
            or now[name][2] > was[2] + SPARE_CONNECTIONS
        }
        elapsed_s = time.monotonic() - begun_s
        if not left:
            return elapsed_s
        assert elapsed_s < patience_s, f"before and now, by process: {left}"
        time.sleep(0.01)
