"""Kafka is gone, hangs or is slow."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from feedrank.real.server_process import ServerProcess
from tests.faults.bus import a_second, dead_letters_at, poison, wait_for_actions
from tests.faults.fault import fault
from tests.faults.lab import Lab
from tests.faults.seen import Seen

CALLS = 30
BACK_S = 5.0
"""Longest until feeds are full again, from the moment the broker answers."""


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
    assert back_s < BACK_S * lab.slowness
    assert not seen.empty_pages
    assert (seen.lost, seen.double) == (0, 0)
    return seen


@fault(
    [9],
    "Kafka is down when the services start",
    "they serve pages at once; actions are refused until it is there, then all is whole by itself",
)
def kafka_is_down_at_start(lab: Lab) -> Seen:
    ring = lab.distributed()
    kafka, redis = ring.named("kafka"), ring.named("redis")
    for service in reversed(ring.services):
        service.stop()
    kafka.stop()
    with ThreadPoolExecutor() as pool:
        list(pool.map(ServerProcess.start, ring.services))
    with lab.watching(ring.address) as watch, lab.acting(ring.address) as actor:
        mark = watch.mark()
        watch.wait_for(CALLS)
        end = watch.mark()
        assert actor.count == 0, "acknowledged without a bus"
        kafka.start()
        back_s = watch.wait_for_full()
        wait_for_actions(actor)
    note = f"full {back_s:.1f} s after Kafka came"
    seen = watch.seen(mark, end, note=note, **lab.effects(redis.address, actor))
    assert lab.within_deadline(seen)
    assert back_s < BACK_S * lab.slowness
    assert not seen.empty_pages
    assert (seen.lost, seen.double) == (0, 0)
    return seen


@fault(
    [10],
    "Kafka hangs (SIGSTOP)",
    "pages in time; actions are refused, not lost, meanwhile; full again within 5 s",
)
def kafka_hangs(lab: Lab) -> Seen:
    ring = lab.distributed()
    kafka, redis = ring.named("kafka"), ring.named("redis")
    with lab.watching(ring.address) as watch, lab.acting(ring.address) as actor:
        watch.wait_for(CALLS)
        mark = watch.mark()
        kafka.pause()
        watch.wait_for(CALLS)
        end = watch.mark()
        kafka.resume()
        back_s = watch.wait_for_full()
        wait_for_actions(actor)
    note = f"full {back_s:.1f} s after it went on"
    seen = watch.seen(mark, end, note=note, **lab.effects(redis.address, actor))
    assert lab.within_deadline(seen)
    assert back_s < BACK_S * lab.slowness
    assert not seen.empty_pages
    assert (seen.lost, seen.double) == (0, 0)
    return seen


@fault(
    [11],
    "two processes own the same partitions by mistake",
    "every acknowledged action counts once: the store lets one of two writers win",
)
def partitions_have_two_owners(lab: Lab) -> Seen:
    ring = lab.distributed()
    owner, redis = ring.named("candidate_gen"), ring.named("redis")
    with a_second(owner), lab.watching(ring.address) as watch, lab.acting(ring.address) as actor:
        mark = watch.mark()
        watch.wait_for(CALLS)
        wait_for_actions(actor, 50)
    seen = watch.seen(mark, **lab.effects(redis.address, actor))
    assert lab.within_deadline(seen)
    assert (seen.lost, seen.double) == (0, 0)
    return seen


@fault(
    [11],
    "the number of replicas changes under load",
    "partitions change hands at the positions in the store; no action lost, none counts twice",
)
def replicas_change(lab: Lab) -> Seen:
    ring = lab.distributed()
    owner, redis = ring.named("candidate_gen"), ring.named("redis")
    with lab.watching(ring.address) as watch, lab.acting(ring.address) as actor:
        mark = watch.mark()
        wait_for_actions(actor, 10)
        owner.stop()
        with a_second(owner, replica="0", replicas="2"), a_second(owner, replica="1", replicas="2"):
            wait_for_actions(actor, 20)
        owner.start()
        watch.wait_for_full()
        wait_for_actions(actor, 10)
    seen = watch.seen(mark, **lab.effects(redis.address, actor))
    assert not seen.empty_pages
    assert (seen.lost, seen.double) == (0, 0)
    return seen


@fault(
    [13],
    "poisoned messages among the actions",
    "each is set aside with its cause after one try; what comes behind them is applied",
)
def messages_are_poisoned(lab: Lab) -> Seen:
    ring = lab.distributed()
    kafka, redis = ring.named("kafka"), ring.named("redis")
    with lab.watching(ring.address) as watch, lab.acting(ring.address) as actor:
        mark = watch.mark()
        poisoned = asyncio.run(poison(kafka.address, count=20))
        wait_for_actions(actor, 50)
        letters = asyncio.run(dead_letters_at(kafka.address, poisoned))
    note = f"{len(letters)} dead letters of {len(poisoned)} messages"
    seen = watch.seen(mark, note=note, **lab.effects(redis.address, actor))
    assert lab.within_deadline(seen)
    assert set(letters) == poisoned
    assert all("viewer_state: DecodeError" in "".join(causes) for causes in letters.values())
    assert (seen.lost, seen.double) == (0, 0)
    return seen
