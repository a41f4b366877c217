"""`make soak`: half an hour of load at half capacity and random faults; does anything grow?

Run: `python -m tests.soak [--minutes 30] [--seed 7] [--write build/soak]`. Real processes, Kafka
and Redis, two replicas of every service, kept running as `feedrank up` does. Exits 1 if memory,
descriptors, threads or tasks of a process grew over the second half, if an acknowledged action was
lost or took effect twice, or if feeds did not become as full again as they were before the faults.
Writes `soak.json` and `soak.png`.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.faults.effects import lost_and_double
from tests.faults.seen import Answer
from tests.faults.supervised import Supervised, run_supervised
from tests.faults.watch import Actor, Watch, acting, watching
from tests.integration.small_world import SmallWorld, make_small_world
from tests.soak.load import Load, loading
from tests.soak.mischief import Mischief
from tests.soak.plot import draw
from tests.soak.sampling import Samples, sampling

DEADLINE_S = 1.0
BACK_S = 180.0
PROBE_S, ACTION_S = 0.2, 0.1
"""Pauses between probes, and between actions that are looked for afterwards: beside the load they
are to weigh little, or half of the capacity is all of it."""

LOOKED_AT = 50
"""Probes in a row by which it is told how full feeds are: a machine so busy misses a bound of 20 ms
now and then, whatever happens."""

LEAST_BACK = 0.95
"""Of the share of full feeds before the faults."""

MIN_FULL_SHARE = 0.5
"""Of all probes; while Redis is away or Kafka stands still, no feed is full."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak ARGS=…", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--write", type=Path, default=Path("build/soak"))
    arguments = parser.parse_args()
    arguments.write.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="feedrank-soak-") as name:
        world = make_small_world(Path(name) / "world")
        home = Path(name) / "home"
        home.mkdir()
        with run_supervised(world.generations, home, arguments.replicas) as (ring, _):
            verdict = _soak(ring, world, arguments)
    print("\n".join(verdict) or "nothing grew, nothing was lost")
    return bool(verdict)


def _soak(ring: Supervised, world: SmallWorld, arguments: argparse.Namespace) -> list[str]:
    """What is wrong, in words."""
    length_s, seed = arguments.minutes * 60, arguments.seed
    viewers = [int(str(row["viewer_id"])) for row in world.rows("viewers")]
    item_ids = [int(str(row["item_id"])) for row in world.rows("items")]
    with (
        watching(ring.address, DEADLINE_S, pause_s=PROBE_S) as watch,
        loading(ring.address, viewers, seed) as load,
    ):
        watch.wait_for_full(patience_s=BACK_S)
        capacity = load.measure_capacity()
        print(f"{capacity:.0f} calls per s at most, {load.per_s:.0f} from now on", flush=True)
        with (
            sampling(ring.processes, ring.stack.running.processes) as samples,
            acting(ring.address, item_ids, DEADLINE_S, pause_s=ACTION_S) as actor,
        ):
            watch.wait_for(2 * LOOKED_AT, BACK_S)
            usual_share = _full_share(watch.seen().answers[-LOOKED_AT:])
            least_share = LEAST_BACK * usual_share
            with _running(Mischief(ring, seed)) as mischief:
                time.sleep(length_s)
            back_s = _full_again_s(watch, least_share)
    effects = lost_and_double(world.generations, ring.named("redis").address, actor)
    verdict = _judged(ring, samples, watch, effects, length_s / 2)
    report = _report(watch, load, mischief, actor) | effects
    if back_s is None:
        verdict.append(f"not {least_share:.0%} of feeds were full again within {BACK_S:.0f} s")
    if usual_share < MIN_FULL_SHARE:
        verdict.append(f"only {usual_share:.0%} of feeds were full before the faults")
    report |= {"capacity_per_s": capacity, "full_share_before": usual_share}
    report |= {"full_again_s": back_s, "wrong": verdict}
    print(json.dumps(report, indent=1), flush=True)
    report["samples"] = samples.as_json()
    (arguments.write / "soak.json").write_text(json.dumps(report))
    draw(samples.all, mischief.done, arguments.write / "soak.png")
    return verdict


def _full_again_s(watch: Watch, share: float) -> float | None:
    """How long it took after the last fault until so many of the last feeds were full; `None`: too
    long, which costs nobody the report."""
    begun_s = time.monotonic()
    watch.wait_for(LOOKED_AT, BACK_S)
    while _full_share(watch.seen().answers[-LOOKED_AT:]) < share:
        if time.monotonic() - begun_s > BACK_S:
            return None
        time.sleep(0.5)
    return round(time.monotonic() - begun_s, 1)


def _judged(
    ring: Supervised, samples: Samples, watch: Watch, effects: dict[str, int], from_s: float
) -> list[str]:
    growths = samples.growths([service.name for service in ring.services], from_s)
    for growth in sorted(growths, key=lambda g: g.grown / g.allowed, reverse=True)[:10]:
        print(growth)
    wrong = [str(growth) for growth in growths if growth.is_too_much]
    judged = {growth.process for growth in growths}
    survivors = {s.name for s in ring.services if s.name.endswith(".0") or "." not in s.name}
    wrong += [f"{name} could not be judged: too few samples" for name in survivors - judged]
    wrong += [f"{count} actions {name}" for name, count in effects.items() if count]
    full_share = _full_share(watch.seen().answers)
    if full_share < MIN_FULL_SHARE:
        wrong.append(f"only {full_share:.0%} of feeds were full")
    return wrong


def _full_share(answers: Sequence[Answer]) -> float:
    return sum(answer.is_full for answer in answers) / max(1, len(answers))


def _report(watch: Watch, load: Load, mischief: Mischief, actor: Actor) -> dict[str, object]:
    seen = watch.seen()
    return {
        "load_calls": load.calls,
        "load_failed": load.failed,
        "probes": seen.calls,
        "full_share": round(_full_share(seen.answers), 3),
        "origins": dict(seen.origins),
        "errors": dict(seen.errors),
        "worst_latency_ms": round(seen.worst_latency_ms),
        "actions": actor.count,
        "actions_refused": sorted(actor.refused),
        "faults": mischief.done,
    }


@contextmanager
def _running(mischief: Mischief) -> Iterator[Mischief]:
    thread = threading.Thread(target=mischief.run, name="mischief")
    thread.start()
    try:
        yield mischief
    finally:
        mischief.stop()
        thread.join()


if __name__ == "__main__":
    sys.exit(main())
