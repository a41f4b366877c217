"""A shard that is gone, hangs, or loses a replica."""

from tests.faults.fault import fault
from tests.faults.lab import Lab
from tests.faults.seen import Seen

CALLS = 30


@fault(
    [2],
    "a shard is down",
    "half the coverage, shard_unavailable, in time; whole again once it is back",
    fast=True,
)
def a_shard_is_down(lab: Lab) -> Seen:
    ring = lab.distributed()
    shard = ring.named("ann_shards-1")
    with lab.watching(ring.address) as watch:
        mark = watch.mark()
        shard.kill()
        watch.wait_for(CALLS)
        end = watch.mark()
        shard.start()
        back_s = watch.wait_for_full()
    seen = watch.seen(mark, end, note=f"full {back_s:.1f} s after it was back")
    assert lab.within_deadline(seen)
    assert seen.lowest_coverage == 0.5
    assert "shard_unavailable" in seen.reasons
    assert not seen.empty_pages
    return seen
