"""Kafka is gone, hangs or is slow."""

from tests.faults.fault import fault
from tests.faults.lab import Lab
from tests.faults.seen import Seen

CALLS = 30


@fault(
    [10],
    "Kafka is killed and comes back",
    "pages in time; actions are refused, not lost, meanwhile; none counts twice",
    fast=True,
)
def kafka_is_killed(lab: Lab) -> Seen:
    ring = lab.distributed()
    kafka, redis = ring.named("kafka"), ring.named("redis")
    with lab.watching(ring.address) as watch, lab.acting(ring.address) as actor:
        watch.wait_for(CALLS)
        mark = watch.mark()
        kafka.kill()
        watch.wait_for(CALLS)
        end = watch.mark()
        kafka.start()
        back_s = watch.wait_for_full()
    note = f"full {back_s:.1f} s after it was back"
    seen = watch.seen(mark, end, note=note, **lab.effects(redis.address, actor))
    assert lab.within_deadline(seen)
    assert not seen.empty_pages
    assert (seen.lost, seen.double) == (0, 0)
    return seen
