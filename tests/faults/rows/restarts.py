"""Processes that are restarted on purpose, and processes that die."""

import random
import time
from contextlib import ExitStack

from tests.faults.fault import fault
from tests.faults.lab import Lab
from tests.faults.seen import Answer, Seen

SEED = 20_261_121
ROUNDS, FAST_ROUNDS = 100, 5
LONGEST_CALM_S = 1.0
"""Between full feeds and the next kill; any moment up to that."""
BACK_WITHIN_S = 5.0
FULL_WITHIN_S = 30.0
"""Then a round is given up."""
CALLERS = 3
CALLS_AT_LEAST = 1_000
SECOND_CALLS = 100


@fault(
    [33],
    "rolling restart of every service, two replicas each",
    "no failed call, no empty page, no action lost or counted twice",
)
def rolling_restart(lab: Lab) -> Seen:
    with lab.supervised(replicas=2) as (ring, supervisor), ExitStack() as callers:
        watches = [callers.enter_context(lab.watching(ring.address)) for _ in range(CALLERS)]
        actor = callers.enter_context(lab.acting(ring.address))
        watches[0].wait_for_full()
        marks = [watch.mark() for watch in watches]
        said = len(ring.said)
        supervisor.restart_soon()
        ring.wait_until_said("every service was restarted", said)
        watches[0].wait_for(SECOND_CALLS)
        callers.close()
        effects = lab.effects(ring.named("redis").address, actor)
    answers: list[Answer] = []
    for watch, mark in zip(watches, marks, strict=True):
        answers += watch.seen(mark).answers
    restarts = sum("was restarted" in line for line in ring.said[said:]) - 1
    whole = sum(answer.is_full for answer in answers)
    note = f"{restarts} processes restarted; {whole / len(answers):.1%} of pages whole"
    seen = Seen(answers, note=note, **effects)
    assert not seen.errors, seen.errors
    assert seen.calls >= CALLS_AT_LEAST
    assert not seen.empty_pages
    assert (seen.lost, seen.double) == (0, 0)
    return seen


KILLED = "one process killed with -9, Kafka and Redis included"
UNHARMED = (
    "no failed call unless the edge itself is away, no empty page; no acknowledged action lost, "
    f"none counted twice; full feeds < {BACK_WITHIN_S:.0f} s after the process is back"
)


@fault([36], f"{FAST_ROUNDS} rounds: {KILLED}", UNHARMED, fast=True)
def some_kills(lab: Lab) -> Seen:
    return kill_rounds(lab, FAST_ROUNDS)


@fault([36], f"{ROUNDS} rounds: {KILLED}", UNHARMED)
def many_kills(lab: Lab) -> Seen:
    return kill_rounds(lab, ROUNDS)


def kill_rounds(lab: Lab, rounds: int) -> Seen:
    """Kill a random process at a random moment, again and again, each time until all is well."""
    chance = random.Random(SEED)
    back_s: dict[float, str] = {}
    failed: list[str] = []
    with (
        lab.supervised(replicas=1) as (ring, _),
        lab.watching(ring.address) as watch,
        lab.acting(ring.address) as actor,
    ):
        watch.wait_for_full(in_a_row=2)
        for _ in range(rounds):
            time.sleep(chance.uniform(0, LONGEST_CALM_S))
            process = chance.choice(ring.processes)
            said, mark, began_s = len(ring.said), watch.mark(), time.monotonic()
            ring.kill_nine(process)
            ring.wait_until_said(f"{process.name} answers again", said)
            patience_s = FULL_WITHIN_S * lab.slowness
            back_s[watch.wait_for_full(in_a_row=2, patience_s=patience_s)] = process.name
            if process not in ring.stack.edges:
                failed += _failures(watch.seen(mark), process.name, began_s)
        actor.stop()
        effects = lab.effects(ring.named("redis").address, actor)
    slowest_s = max(back_s)
    note = (
        f"full at most {slowest_s:.1f} s after a process ({back_s[slowest_s]}) was back; "
        f"{actor.count} actions, {effects['lost']} lost, {effects['double']} double"
    )
    seen = watch.seen(note=note, **effects)
    assert not failed, (note, failed)
    assert not seen.empty_pages
    assert (seen.lost, seen.double) == (0, 0), note
    assert slowest_s < BACK_WITHIN_S * lab.slowness, back_s
    return seen


def _failures(seen: Seen, killed: str, killed_at_s: float) -> list[str]:
    """Calls that failed though the edge was there, in words."""
    return [
        f"{answer.error} after {answer.latency_ms:.0f} ms, "
        f"{answer.at_s - killed_at_s:.1f} s after {killed} was killed"
        for answer in seen.answers
        if answer.error
    ]
