"""Redis is gone, hangs, is flushed or full."""

from tests.faults.fault import fault
from tests.faults.lab import Lab
from tests.faults.seen import Seen

CALLS = 30


@fault(
    [16],
    "Redis hangs (SIGSTOP)",
    "pages in time, marked; no acknowledged action lost; whole again once it goes on",
    fast=True,
)
def redis_hangs(lab: Lab) -> Seen:
    ring = lab.distributed()
    redis = ring.named("redis")
    with lab.watching(ring.address) as watch, lab.acting(ring.address) as actor:
        watch.wait_for(CALLS)
        mark = watch.mark()
        redis.pause()
        watch.wait_for(CALLS)
        end = watch.mark()
        redis.resume()
        back_s = watch.wait_for_full()
    note = f"full {back_s:.1f} s after it went on"
    seen = watch.seen(mark, end, note=note, **lab.effects(redis.address, actor))
    assert lab.within_deadline(seen)
    assert seen.reasons, "it must be said"
    assert not seen.empty_pages
    assert (seen.lost, seen.double) == (0, 0)
    return seen
