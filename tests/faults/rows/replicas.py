"""One of two replicas of a shard is killed, or hangs."""

from tests.faults.fault import fault
from tests.faults.lab import Lab
from tests.faults.seen import Seen

CALLS_AMID = 60


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
