"""Redis is gone, hangs, is flushed or full."""

import shutil
import statistics

from redis import Redis

from feedrank.real.server_process import ServerProcess
from protos import events_pb2
from tests.faults.fault import fault
from tests.faults.lab import Lab
from tests.faults.seen import Answer, Seen
from tests.integration.caller import open_caller
from tests.integration.distributed import Distributed

CALLS = 30
ADDED_MS = 20.0
BREAKER_CALLS = 10  # until the breaker is open: its patience is a tenth of a second
VIEWER = 31


def typical_ms(answers: list[Answer]) -> float:
    return statistics.median(answer.latency_ms for answer in answers)


def edges(ring: Distributed) -> list[ServerProcess]:
    """Ours that use Redis while they serve."""
    return [p for p in ring.services if p.name.startswith(("feed_assembly", "candidate_gen"))]


@fault(
    [15],
    "Redis is killed and comes back",
    "the floor in time, marked, no slower than usual plus 20 ms; nothing acknowledged is lost",
)
def redis_is_down(lab: Lab) -> Seen:
    ring = lab.distributed()
    redis = ring.named("redis")
    with lab.watching(ring.address) as watch, lab.acting(ring.address) as actor:
        watch.wait_for(CALLS)
        usual_ms = typical_ms(list(watch.seen().answers))
        mark = watch.mark()
        redis.kill()
        watch.wait_for(CALLS + BREAKER_CALLS)
        end = watch.mark()
        redis.start()
        back_s = watch.wait_for_full()
    settled_ms = typical_ms(list(watch.seen(mark + BREAKER_CALLS, end).answers))
    note = f"{usual_ms:.0f} ms before, {settled_ms:.0f} ms meanwhile; full {back_s:.1f} s after"
    seen = watch.seen(mark, end, note=note, **lab.effects(redis.address, actor))
    assert lab.within_deadline(seen)
    assert settled_ms <= usual_ms + ADDED_MS * lab.slowness
    assert "state_unavailable" in seen.reasons
    assert not seen.empty_pages
    assert (seen.lost, seen.double) == (0, 0)
    return seen


@fault(
    [15],
    "Redis is absent when services start",
    "they start and serve the floor, marked; full feeds once it is there, without a restart",
)
def redis_is_absent_at_start(lab: Lab) -> Seen:
    ring = lab.distributed()
    redis = ring.named("redis")
    redis.kill()
    for process in edges(ring):
        process.kill()
        process.start()
    with lab.watching(ring.address) as watch:
        watch.wait_for(CALLS)
        end = watch.mark()
        redis.start()
        back_s = watch.wait_for_full()
    seen = watch.seen(0, end, note=f"full {back_s:.1f} s after it was there")
    assert lab.within_deadline(seen)
    assert seen.origins["floor"] == seen.calls
    assert not seen.empty_pages
    return seen


@fault(
    [17],
    "Redis is emptied (FLUSHALL)",
    "full feeds go on; blocks hold; what was counted and seen comes back from the bus by itself",
)
def redis_is_flushed(lab: Lab) -> Seen:
    ring = lab.distributed()
    redis = ring.named("redis")
    blocked = a_block(ring)
    with lab.watching(ring.address) as watch, lab.acting(ring.address) as actor:
        watch.wait_for(CALLS)
        mark = watch.mark()
        with Redis.from_url(redis.address) as client:
            client.flushall()
        watch.wait_for(CALLS)
        end = watch.mark()
        back_s = watch.wait_for_full()
        assert blocked not in authors_shown(ring)
    note = f"full {back_s:.1f} s later; blocks held"
    seen = watch.seen(mark, end, note=note, **lab.effects(redis.address, actor))
    assert lab.within_deadline(seen)
    assert not seen.empty_pages
    assert (seen.lost, seen.double) == (0, 0)
    return seen


def a_block(ring: Distributed) -> int:
    """An author whom `VIEWER` blocked just now."""
    with open_caller(ring.address) as caller:
        author = caller.feed(VIEWER, 20).items[0].author_id
        caller.act(VIEWER, events_pb2.BLOCK, author_id=author)
    return author


def authors_shown(ring: Distributed) -> set[int]:
    with open_caller(ring.address) as caller:
        pages = list(caller.scroll(VIEWER, 50, 4))
    assert pages[0].items
    return {item.author_id for page in pages for item in page.items}


@fault(
    [17],
    "Redis starts again without its append-only file",
    "as if it was emptied: full feeds, and everything comes back from the bus",
)
def redis_forgets(lab: Lab) -> Seen:
    ring = lab.distributed()
    redis = ring.named("redis")
    with lab.watching(ring.address) as watch, lab.acting(ring.address) as actor:
        watch.wait_for(CALLS)
        mark = watch.mark()
        redis.kill()
        shutil.rmtree(redis.folder / "appendonlydir")
        redis.start()
        watch.wait_for(CALLS)
        end = watch.mark()
        watch.wait_for_full()
    seen = watch.seen(mark, end, **lab.effects(redis.address, actor))
    assert lab.within_deadline(seen)
    assert not seen.empty_pages
    assert (seen.lost, seen.double) == (0, 0)
    return seen


@fault(
    [18],
    "Redis is at maxmemory",
    "writes fail softly: pages in time, marked; reads go on; nothing acknowledged is lost",
)
def redis_is_full(lab: Lab) -> Seen:
    ring = lab.distributed()
    redis = ring.named("redis")
    with lab.watching(ring.address) as watch, lab.acting(ring.address) as actor:
        watch.wait_for(CALLS)
        with Redis.from_url(redis.address) as client:
            client.config_set("maxmemory", "1")
            mark = watch.mark()
            watch.wait_for(CALLS)
            end = watch.mark()
            client.config_set("maxmemory", "0")
        watch.wait_for_full()
    seen = watch.seen(mark, end, **lab.effects(redis.address, actor))
    assert lab.within_deadline(seen)
    assert seen.origins["ranked"] >= seen.calls - BREAKER_CALLS, "reads go on"
    assert "state_unavailable" in seen.reasons, "the page could not be noted"
    assert not seen.empty_pages
    assert (seen.lost, seen.double) == (0, 0)
    return seen


@fault(
    [16],
    "Redis hangs (SIGSTOP)",
    "pages in time, marked, no slower than usual plus 20 ms; nothing acknowledged is lost",
    fast=True,
)
def redis_hangs(lab: Lab) -> Seen:
    ring = lab.distributed()
    redis = ring.named("redis")
    with lab.watching(ring.address) as watch, lab.acting(ring.address) as actor:
        watch.wait_for(CALLS)
        usual_ms = typical_ms(list(watch.seen().answers))
        mark = watch.mark()
        redis.pause()
        watch.wait_for(CALLS + BREAKER_CALLS)
        end = watch.mark()
        redis.resume()
        back_s = watch.wait_for_full()
    settled_ms = typical_ms(list(watch.seen(mark + BREAKER_CALLS, end).answers))
    note = f"{usual_ms:.0f} ms before, {settled_ms:.0f} ms meanwhile; full {back_s:.1f} s after"
    seen = watch.seen(mark, end, note=note, **lab.effects(redis.address, actor))
    assert lab.within_deadline(seen)
    assert settled_ms <= usual_ms + ADDED_MS * lab.slowness
    assert "state_unavailable" in seen.reasons
    assert not seen.empty_pages
    assert (seen.lost, seen.double) == (0, 0)
    return seen
