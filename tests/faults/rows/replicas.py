"""One of two replicas of a shard is killed, or hangs, or stands still again and again."""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from feedrank.real.server_process import ServerProcess
from tests.faults.fault import fault
from tests.faults.lab import Lab
from tests.faults.seen import Seen

CALLS_AMID = 60
CALLS_MEASURED = 400
STALL_S, BETWEEN_S = 0.08, 1.0
"""Of all calls some 5 % ask a replica that stands still just then; a stall without a hedge would
be seen at the 95th percentile."""
TAIL = 2.0
"""Of the p99 without stalls."""
SEED = 3


@fault(
    [1],
    "one of two replicas of a shard is killed",
    "no failed call, every shard in every answer",
)
def a_replica_is_killed(lab: Lab) -> Seen:
    with lab.own_distributed(replicas=2) as ring, lab.watching(ring.address) as watch:
        watch.wait_for_full()
        mark = watch.mark()
        ring.named("ann_shards-1.0").kill()
        watch.wait_for(CALLS_AMID)
    seen = watch.seen(mark)
    assert lab.within_deadline(seen)
    assert seen.lowest_coverage == 1.0
    assert "shard_unavailable" not in seen.reasons
    return seen


@fault(
    [3],
    "one of two replicas of a shard hangs (SIGSTOP)",
    "every shard in nearly every answer; the replica is used again once it goes on",
)
def a_replica_hangs(lab: Lab) -> Seen:
    with lab.own_distributed(replicas=2) as ring, lab.watching(ring.address) as watch:
        watch.wait_for_full()
        watch.wait_for(CALLS_AMID)
        mark = watch.mark()
        replica = ring.named("ann_shards-1.0")
        replica.pause()
        watch.wait_for(CALLS_AMID)
        settled = watch.mark()
        watch.wait_for(CALLS_AMID)
        end = watch.mark()
        replica.resume()
        watch.wait_for_full()
    seen = watch.seen(mark, end)
    incomplete = sum(answer.coverage < 1 for answer in seen.answers)
    assert lab.within_deadline(seen)
    assert incomplete <= 5, f"{incomplete} answers lacked a shard"
    assert watch.seen(settled, end).lowest_coverage == 1.0
    return Seen(seen.answers, note=f"{incomplete} answers lacked a shard")


@fault(
    [3],
    f"replicas of shards stand still for {STALL_S * 1e3:.0f} ms, again and again, in turn",
    "every shard in nearly every answer, p99 at most twice that without stalls",
)
def replicas_stall(lab: Lab) -> Seen:
    with lab.own_distributed(replicas=2) as ring, lab.watching(ring.address) as watch:
        watch.wait_for_full()
        calm = watch.mark()
        watch.wait_for(CALLS_MEASURED)
        mark = watch.mark()
        shards = [process for process in ring.services if process.name.startswith("ann_shards")]
        with _stalling(shards) as stalls:
            watch.wait_for(CALLS_MEASURED)
        end = watch.mark()
    before_ms, amid_ms = (_p99_ms(watch.seen(*span)) for span in ((calm, mark), (mark, end)))
    seen = watch.seen(mark, end)
    incomplete = sum(answer.coverage < 1 for answer in seen.answers)
    note = (
        f"{len(stalls)} stalls; p99 {before_ms:.0f} ms before, {amid_ms:.0f} amid; "
        f"{incomplete} answers lacked a shard"
    )
    assert lab.within_deadline(seen)
    assert incomplete <= seen.calls / 100, note
    assert amid_ms <= TAIL * before_ms * lab.slowness, note
    return Seen(seen.answers, note=note)


def _p99_ms(seen: Seen) -> float:
    return float(np.percentile([answer.latency_ms for answer in seen.answers], 99))


@contextmanager
def _stalling(processes: Sequence[ServerProcess]) -> Iterator[list[str]]:
    """Stop one of `processes` for a moment, again and again, while the body runs."""
    stopped, stalls, dice = threading.Event(), [], random.Random(SEED)

    def run() -> None:
        while not stopped.wait(dice.uniform(0, 2 * (BETWEEN_S - STALL_S))):
            process = dice.choice(processes)
            process.pause()
            time.sleep(STALL_S)
            process.resume()
            stalls.append(process.name)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield stalls
    finally:
        stopped.set()
        thread.join()
